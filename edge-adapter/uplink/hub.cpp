#include "edge-adapter/uplink/hub.hpp"

namespace truc::edge {

Trouble trouble_of(const Failure& failure) {
  switch (failure.code()) {
    case ErrorCode::peer_unreachable:
    case ErrorCode::peer_protocol:
    case ErrorCode::deadline_exceeded:
    case ErrorCode::cancelled:
    case ErrorCode::shutting_down:
    case ErrorCode::too_many_connections:
    case ErrorCode::served_elsewhere:
    case ErrorCode::cut_off:
    // These speak of our connection's certificate, not of a document.
    case ErrorCode::identity_required:
    case ErrorCode::identity_refused:
      return Trouble::line;
    // An earlier part has come in meanwhile: ask again how far it is.
    case ErrorCode::malformed_range:
      return Trouble::item;
    // Our own configuration or spool; a document must not be handed back for it.
    case ErrorCode::storage_corrupt:
    case ErrorCode::malformed_record:
    case ErrorCode::key_mismatch:
    case ErrorCode::key_unreadable:
      return Trouble::item;
    default:
      return describe(failure.code()).retry == Retry::later ? Trouble::item : Trouble::final;
  }
}

}  // namespace truc::edge
