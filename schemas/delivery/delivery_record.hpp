// One delivery as it stands on the level topics and in a recipient's mailbox listing (PR-LOG).
//
// JSON, so that any consumer of the topics can read it. The package itself is not in the record: it
// is fetched by the delivery's id by whom it was sent to.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "schemas/base/bytes.hpp"
#include "schemas/base/ids.hpp"
#include "schemas/edxml/names.hpp"

namespace truc::delivery {

// What is delivered: an edXML document, an edXML status package, or a receipt for the sender.
enum class ItemKind : std::uint8_t { document, status, receipt };
std::string_view to_text(ItemKind kind);
Result<ItemKind> parse_item_kind(std::string_view text);  // Failure: malformed_record

struct AttachmentReference {
  Sha256 sha256;
  std::uint64_t size = 0;
  bool operator==(const AttachmentReference&) const = default;
};

// A value. Member names of the JSON in the comments.
struct DeliveryRecord {
  DeliveryId delivery;                 // "delivery"
  ItemKind kind = ItemKind::document;  // "kind"
  AgencyCode sender;                   // "sender"
  AgencyCode recipient;                // "recipient": who receives it
  AgencyCode addressee;      // "addressee": as written in the package; differs after a succession
  Level level = Level::one;  // "level": of the recipient
  edxml::Priority priority = edxml::Priority::normal;  // "priority"
  DocumentId document_id;                              // "document_id"
  std::string notation;                          // "notation": "7816/VPCP-TTĐT", empty for receipts
  Sha256 sha256;                                 // "sha256": of the item's bytes
  std::uint64_t size = 0;                        // "size": bytes of the item
  std::vector<AttachmentReference> attachments;  // "attachments": those beside the envelope
  Time accepted_at;                              // "accepted_at"
  bool operator==(const DeliveryRecord&) const = default;
};

// {"truc":1,…} in a fixed member order, one line.
std::string to_json(const DeliveryRecord& record);
// Strict: unknown version, missing, repeated or malformed members are malformed_record. Members
// that a later minor version adds are ignored.
Result<DeliveryRecord> parse_delivery_record(std::string_view json);

// The topic of a level: "truc.level1" … "truc.level4".
std::string topic_of(Level level);

}  // namespace truc::delivery
