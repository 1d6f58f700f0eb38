// What was handed over to the document system: kept for ever, so that nothing is handed over twice
// and so that a status finds the delivery that it speaks of.
#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "edge-adapter/spool/layout.hpp"
#include "schemas/base/bytes.hpp"
#include "schemas/delivery/delivery_record.hpp"

namespace truc::edge {

// A document is the same to us when sender, DocumentId and our own receiving agency are the same; a
// hub that was restored from a backup may send it again under another delivery.
struct ReceivedKey {
  AgencyCode sender;
  DocumentId document_id;
  AgencyCode recipient;
  bool operator==(const ReceivedKey&) const = default;
};

struct ReceivedRecord {
  ReceivedKey key;
  DeliveryId delivery;  // the newest of the same document
  delivery::ItemKind kind = delivery::ItemKind::document;
  Sha256 sha256;
  std::string code_number;  // "7816" of "7816/VPCP-TTĐT"; what a status repeats
  std::string code_notation;
  std::string promulgation_date;  // yyyy/MM/dd, may be empty
  Time handed_over_at;
  std::string delivered_receipt;   // ours, exact text: signed once
  std::string registered_receipt;  // empty until status 03 was accepted
};

std::string to_json(const ReceivedRecord& record);
Result<ReceivedRecord> parse_received_record(std::string_view json);  // Failure: malformed_record

// <spool>/received/<two digits>/<SHA-256 of the key>.json is the record;
// <spool>/received/by-delivery/<two digits>/<delivery> names it. Any thread; one key is written by
// one caller at a time. Failures: file_failed, malformed_record.
class Ledger {
 public:
  Ledger(Files& files, const SpoolLayout& layout) : files_(files), root_(layout.received()) {}

  // Durable when it returns; replaces the record of the same key.
  Result<void> record(const ReceivedRecord& record);
  // Changes the newest record of `delivery` by `change` and records it, one caller after the other,
  // so that no two changes undo each other. nullopt: the delivery is not known, or no longer the
  // newest of its document. Failures also: those of `change`, which leave all as it was.
  using Change = std::function<Result<void>(ReceivedRecord& record)>;
  Result<std::optional<ReceivedRecord>> amend(const DeliveryId& delivery, const Change& change);
  Result<std::optional<ReceivedRecord>> find(const ReceivedKey& key) const;
  Result<std::optional<ReceivedRecord>> find(const DeliveryId& delivery) const;

 private:
  Result<std::optional<ReceivedRecord>> load(const std::string& path) const;
  Files& files_;
  std::string root_;
  std::mutex amending_;  // a leaf
};

}  // namespace truc::edge
