// One dropped package on its way to the hub: what its item.json says.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "edge-adapter/spool/names.hpp"
#include "schemas/base/bytes.hpp"
#include "schemas/base/failure.hpp"
#include "schemas/base/ids.hpp"
#include "schemas/edxml/envelope.hpp"

namespace truc::edge {

//   claimed ──▶ prepared ──▶ accepted ──▶ (registering) ──▶ gone
//      └───────────┴──▶ refused ──▶ gone
enum class OutboundState : std::uint8_t {
  claimed,      // the drop is ours, or about to be
  prepared,     // package.edxml holds the signed bytes, once and for all
  accepted,     // the hub's receipt is here; the package goes to sent/
  registering,  // a "registered" receipt goes to the hub (status 03 only)
  refused,      // the refusal is here; the drop goes to refused/
};
std::string_view to_text(OutboundState state);

struct BesideFile {
  std::string name;  // in the dropped folder
  Sha256 sha256;
  std::uint64_t size = 0;
};

// What the way to the hub needs to know of the signed package, so that it is parsed once.
struct PackageFacts {
  edxml::PackageKind kind = edxml::PackageKind::document;
  AgencyCode sender;
  DocumentId document_id;
  Sha256 sha256;
  std::uint64_t size = 0;
  edxml::Priority priority = edxml::Priority::normal;
  std::vector<BesideFile> beside;
  // Of a status: which document it reports on, by its sender and identifier, and the code.
  struct Status {
    edxml::StatusCode code = edxml::StatusCode::arrived;
    AgencyCode document_sender;
    DocumentId document_id;
  };
  std::optional<Status> status;
};

// The end of an item, decided once and durable before anything of it is shown.
struct Outcome {
  std::string published_name;          // NAME, or NAME~2 when NAME was taken
  std::optional<TransferId> transfer;  // accepted
  std::string receipt;                 // accepted: the hub's receipt, its exact text
  std::string problem_json;            // refused
  std::string refusal_text;            // refused: Vietnamese, then English
};

// A value; the truth is the file.
struct OutboundItem {
  std::string id;
  AgencyCode agency;
  std::string name;  // as dropped, with its ending
  DropForm form = DropForm::package;
  Time claimed_at;
  OutboundState state = OutboundState::claimed;
  std::optional<PackageFacts> facts;    // from prepared on
  std::optional<Outcome> outcome;       // accepted, registering, refused
  std::optional<DeliveryId> registers;  // registering: its receipt is in the ledger

  std::string stem() const { return drop_stem(name, form); }
};

std::string to_json(const OutboundItem& item);
Result<OutboundItem> parse_outbound_item(std::string_view json);  // Failure: malformed_record

}  // namespace truc::edge
