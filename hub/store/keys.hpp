// The keys of the store. Numbers are big-endian, so that the order of keys is the order of numbers;
// texts that others choose end with a zero octet, which none of them may hold.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "hub/ports/event_log.hpp"
#include "schemas/base/bytes.hpp"
#include "schemas/delivery/delivery_record.hpp"

namespace truc::hub::keys {

std::string big_endian(std::uint64_t number);
// `octets` holds exactly 8.
std::uint64_t from_big_endian(std::string_view octets);

// identities: sender, 0, kind, DocumentId; for a status also its digest: an agency sends many of
// them about one document, and only the same bytes are the same status.
std::string identity(const AgencyCode& sender, delivery::ItemKind kind, const DocumentId& document,
                     const Sha256& sha256);

// deliveries: transfer, index.
std::string delivery(const DeliveryId& id);
std::optional<DeliveryId> parse_delivery(std::string_view key);

// mailboxes: recipient, 0, inverted urgency, position, delivery.
std::string mailbox_prefix(const AgencyCode& recipient);
std::string mailbox_end(const AgencyCode& recipient);  // behind all of its keys
std::string mailbox(const AgencyCode& recipient, edxml::Priority priority, std::int64_t position,
                    const DeliveryId& delivery);
// The delivery in such a key.
std::optional<DeliveryId> delivery_in_mailbox(std::string_view key);

// history: document, sequence of the transfer that brought the event.
std::string history(const TransferId& document, std::uint64_t sequence);

// staging: system, 0, digest.
std::string staging_prefix(const SystemId& system);
std::string staging(const SystemId& system, const Sha256& sha256);
struct Staged {
  SystemId system;
  Sha256 sha256;
};
Result<Staged> parse_staging(std::string_view key);  // Failure: storage_corrupt

// blobs: upload, offset of the chunk's first byte.
std::string chunk(std::uint64_t upload, std::uint64_t offset);

// offsets: name of the log, 0, level, partition.
std::string log_offset(std::string_view log, Partition partition);

}  // namespace truc::hub::keys
