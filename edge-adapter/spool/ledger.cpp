#include "edge-adapter/spool/ledger.hpp"

#include <boost/json/serialize.hpp>

#include "edge-adapter/spool/json_text.hpp"
#include "pki/crypto/digest.hpp"
#include "schemas/base/limits.hpp"

namespace truc::edge {
namespace {

std::string digest_of(const ReceivedKey& key) {
  std::string text = key.sender.text();
  // NUL stands in none of the three, so no two keys make one text.
  text += '\0';
  text += key.document_id.text();
  text += '\0';
  text += key.recipient.text();
  return pki::sha256(text).hex();
}

std::string record_path(const std::string& root, const std::string& digest) {
  return root + "/" + digest.substr(0, 2) + "/" + digest + ".json";
}

std::string pointer_path(const std::string& root, const DeliveryId& delivery) {
  const std::string transfer = delivery.transfer.text();
  return root + "/by-delivery/" + transfer.substr(transfer.size() - 2) + "/" + delivery.text();
}

constexpr std::size_t kRecordBytesMax = 4 * limits::kHttpSmallBodyBytesMax;

Result<ReceivedKey> read_key(const JsonRecord& record) {
  TRUC_TRY(const auto sender_text, record.text("sender"));
  TRUC_TRY(auto sender, AgencyCode::parse(sender_text));
  TRUC_TRY(const auto id_text, record.text("document_id"));
  TRUC_TRY(auto id, DocumentId::parse(id_text));
  TRUC_TRY(const auto recipient_text, record.text("recipient"));
  TRUC_TRY(auto recipient, AgencyCode::parse(recipient_text));
  return ReceivedKey{
      .sender = std::move(sender), .document_id = std::move(id), .recipient = std::move(recipient)};
}

Result<ReceivedRecord> read_record(const JsonRecord& record) {
  TRUC_TRY(auto key, read_key(record));
  TRUC_TRY(const auto delivery_text, record.text("delivery"));
  TRUC_TRY(const auto delivery, DeliveryId::parse(delivery_text));
  TRUC_TRY(const auto kind_text, record.text("kind"));
  TRUC_TRY(const auto kind, delivery::parse_item_kind(kind_text));
  TRUC_TRY(const auto hex, record.text("sha256"));
  TRUC_TRY(const auto sha256, Sha256::parse_hex(hex));
  TRUC_TRY(const auto at_text, record.text("at"));
  TRUC_TRY(const auto at, parse_rfc3339(at_text));
  ReceivedRecord out{.key = std::move(key),
                     .delivery = delivery,
                     .kind = kind,
                     .sha256 = sha256,
                     .code_number = {},
                     .code_notation = {},
                     .promulgation_date = {},
                     .handed_over_at = at,
                     .delivered_receipt = {},
                     .registered_receipt = {}};
  TRUC_TRY(out.code_number, record.text("code_number"));
  TRUC_TRY(out.code_notation, record.text("code_notation"));
  TRUC_TRY(out.promulgation_date, record.text("promulgation_date"));
  TRUC_TRY(out.delivered_receipt, record.text("delivered_receipt"));
  TRUC_TRY(out.registered_receipt, record.text("registered_receipt"));
  return out;
}

}  // namespace

std::string to_json(const ReceivedRecord& record) {
  boost::json::object out;
  out["truc"] = 1;
  out["delivery"] = record.delivery.text();
  out["transfer"] = record.delivery.transfer.text();
  out["kind"] = delivery::to_text(record.kind);
  out["sender"] = record.key.sender.text();
  out["document_id"] = record.key.document_id.text();
  out["recipient"] = record.key.recipient.text();
  out["sha256"] = record.sha256.hex();
  out["code_number"] = record.code_number;
  out["code_notation"] = record.code_notation;
  out["promulgation_date"] = record.promulgation_date;
  out["at"] = to_rfc3339(record.handed_over_at);
  out["delivered_receipt"] = record.delivered_receipt;
  out["registered_receipt"] = record.registered_receipt;
  return boost::json::serialize(out);
}

Result<ReceivedRecord> parse_received_record(std::string_view json) {
  TRUC_TRY(const auto record, JsonRecord::parse(json));
  return read_record(record);
}

Result<void> Ledger::record(const ReceivedRecord& record) {
  // The pointer first: alone it leads nowhere, while a record without it could not be found by the
  // delivery for ever.
  const std::string digest = digest_of(record.key);
  const std::string pointer = pointer_path(root_, record.delivery);
  TRUC_TRY(make_folder_durably(files_, root_ + "/by-delivery", Access::own));
  TRUC_TRY(make_folder_durably(files_, parent_of(pointer), Access::own));
  TRUC_TRY(write_durably(files_, pointer, digest, Access::own));
  const std::string path = record_path(root_, digest);
  TRUC_TRY(make_folder_durably(files_, parent_of(path), Access::own));
  return write_durably(files_, path, to_json(record), Access::own);
}

Result<std::optional<ReceivedRecord>> Ledger::amend(const DeliveryId& delivery,
                                                    const Change& change) {
  const std::lock_guard lock(amending_);
  TRUC_TRY(auto kept, find(delivery));
  if (!kept || kept->delivery != delivery) return std::optional<ReceivedRecord>();
  TRUC_TRY(change(*kept));
  TRUC_TRY(record(*kept));
  return kept;
}

Result<std::optional<ReceivedRecord>> Ledger::load(const std::string& path) const {
  TRUC_TRY(const auto info, files_.find(path));
  if (!info) return std::optional<ReceivedRecord>();
  TRUC_TRY(const auto text, files_.read(path, kRecordBytesMax));
  TRUC_TRY(auto record, parse_received_record(text));
  return std::optional(std::move(record));
}

Result<std::optional<ReceivedRecord>> Ledger::find(const ReceivedKey& key) const {
  return load(record_path(root_, digest_of(key)));
}

Result<std::optional<ReceivedRecord>> Ledger::find(const DeliveryId& delivery) const {
  const std::string pointer = pointer_path(root_, delivery);
  TRUC_TRY(const auto info, files_.find(pointer));
  if (!info) return std::optional<ReceivedRecord>();
  TRUC_TRY(const auto text, files_.read(pointer, 64));
  TRUC_TRY(const auto digest, Sha256::parse_hex(text));
  return load(record_path(root_, digest.hex()));
}

}  // namespace truc::edge
