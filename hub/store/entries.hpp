// Changes of the store as the journal holds them (PR-JOURNAL, docs/protocol/journal.md).
//
// An entry is a list of parts, each behind its length as four octets, big-endian: the head, which
// is JSON and says what follows; for an item its record and its event, as the store keeps them; and
// octets.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "hub/ports/document_store.hpp"

namespace truc::hub {

struct Acknowledgement {
  std::vector<DeliveryId> deliveries;
};

struct StagedPart {
  SystemId system;
  Sha256 sha256;
  std::uint64_t total = 0;
  std::uint64_t offset = 0;
  std::string bytes;
};

// An upload that is dropped, unless something else stands in its place by then.
struct AbandonedUpload {
  SystemId system;
  Sha256 sha256;
  std::uint64_t upload = 0;
  std::uint64_t received = 0;
};

// The outbox up to here is on the level topics.
struct Relayed {
  std::uint64_t sequence = 0;
};

// A hub serves from here on, or no more. `run` tells one start of it from the next.
struct MemberChange {
  bool has_joined = false;
  std::string hub;
  std::string run;
  std::string address;  // where adapters reach it, "host:port"; of one that has left: empty
};

using Entry = std::variant<NewTransfer, RecipientReceipt, Acknowledgement, StagedPart,
                           AbandonedUpload, Relayed, MemberChange>;

std::string to_entry(const NewTransfer& item);
std::string to_entry(const RecipientReceipt& receipt);
std::string to_entry(const Acknowledgement& acknowledgement);
std::string to_entry(const StagedPart& part);
std::string to_entry(const AbandonedUpload& upload);
std::string to_entry(const Relayed& relayed);
std::string to_entry(const MemberChange& change);

// Failures: journal_version; malformed_record.
Result<Entry> parse_entry(std::string_view bytes);

}  // namespace truc::hub
