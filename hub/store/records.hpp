// The values of the store: JSON, so that an operator can read a record with RocksDB's own tools;
// but an identity, of which every document has one, is 48 octets.
//
// RocksDB's checksums guard the bytes; a record that cannot be read all the same is
// storage_corrupt.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "hub/ports/document_store.hpp"

namespace truc::hub::records {

std::string encode(const TransferRecord& record);
Result<TransferRecord> decode_transfer(std::string_view row);

std::string encode(const HistoryEvent& event);
Result<HistoryEvent> decode_history(std::string_view row);

// One receipt of a recipient, and the transfer that carried it to the sender.
struct KeptReceipt {
  Time at;
  std::string text;
  TransferId carrier;
};

// A row of `deliveries`; absent until something happens to the delivery.
struct DeliveryRow {
  std::optional<Time> mailed_at;      // when a log brought it; else see state_of()
  std::int64_t mailbox_position = 0;  // where mailed_at is set
  std::optional<KeptReceipt> delivered;
  std::optional<KeptReceipt> registered;
  std::optional<Time> acknowledged_at;  // items that need no receipt
};
std::string encode(const DeliveryRow& row);
Result<DeliveryRow> decode_delivery(std::string_view row);
// A delivery that no log had to bring is in its mailbox since its item was accepted.
DeliveryState state_of(const TransferRecord& transfer, const DeliveryRow& row);

// A row of `identities`: the transfer's octets, then the digest's.
struct IdentityRow {
  TransferId transfer;
  Sha256 sha256;
};
std::string encode(const IdentityRow& row);
Result<IdentityRow> decode_identity(std::string_view row);

// A row of `staging`.
struct StagingRow {
  std::uint64_t upload = 0;
  std::uint64_t total = 0;
  std::uint64_t received = 0;
  Time touched_at;
  bool is_complete() const { return received == total; }
};
std::string encode(const StagingRow& row);
Result<StagingRow> decode_staging(std::string_view row);

// A row of `blob_index`.
struct BlobRow {
  std::uint64_t upload = 0;
  std::uint64_t size = 0;
};
std::string encode(const BlobRow& row);
Result<BlobRow> decode_blob(std::string_view row);

}  // namespace truc::hub::records
