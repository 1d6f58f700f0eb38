#include "hub/store/records.hpp"

#include <array>
#include <boost/json/monotonic_resource.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <utility>

#include "schemas/base/check.hpp"

namespace truc::hub::records {
namespace {

namespace json = boost::json;

// Small rows are built and read without touching the heap.
class Scratch {
 public:
  json::storage_ptr memory() { return &resource_; }

 private:
  std::array<unsigned char, 4096> buffer_;
  json::monotonic_resource resource_{buffer_.data(), buffer_.size()};
};

Failure corrupt(std::string_view member) {
  return Failure(ErrorCode::storage_corrupt).at(std::string(member)).because("unreadable record");
}

Result<json::value> parse(std::string_view row, Scratch& scratch) {
  boost::system::error_code error;
  auto value = json::parse(row, error, scratch.memory());
  if (error || !value.is_object())
    return Failure(ErrorCode::storage_corrupt).because("a record is not a JSON object");
  return value;
}

Result<std::string_view> text(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  if (value == nullptr || !value->is_string()) return corrupt(name);
  return std::string_view(value->get_string());
}

Result<std::int64_t> integer(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  if (value == nullptr || !value->is_int64()) return corrupt(name);
  return value->get_int64();
}

Result<std::uint64_t> size(const json::object& object, std::string_view name) {
  TRUC_TRY(const auto number, integer(object, name));
  if (number < 0) return corrupt(name);
  return static_cast<std::uint64_t>(number);
}

Result<Time> time(const json::object& object, std::string_view name) {
  TRUC_TRY(const auto milliseconds, integer(object, name));
  return Time(std::chrono::milliseconds(milliseconds));
}

Result<const json::array*> array(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  if (value == nullptr || !value->is_array()) return corrupt(name);
  return &value->get_array();
}

template <class T>
Result<T> parsed(const json::object& object, std::string_view name,
                 Result<T> (*parse_text)(std::string_view)) {
  TRUC_TRY(const auto written, text(object, name));
  auto value = parse_text(written);
  if (!value) return corrupt(name);
  return value;
}

std::int64_t milliseconds(Time time) {
  return time.time_since_epoch().count();
}

json::array encode_addressees(const std::vector<Addressee>& addressees, json::storage_ptr memory) {
  json::array list(memory);
  list.reserve(addressees.size());
  for (const auto& one : addressees) {
    json::array entry(memory);
    entry.reserve(3);
    entry.emplace_back(one.addressee.text());
    entry.emplace_back(one.recipient.text());
    entry.emplace_back(number(one.level));
    list.push_back(std::move(entry));
  }
  return list;
}

Result<Addressee> decode_addressee(const json::value& value) {
  const auto* entry = value.if_array();
  if (entry == nullptr || entry->size() != 3 || !entry->at(0).is_string() ||
      !entry->at(1).is_string() || !entry->at(2).is_int64())
    return corrupt("addressees");
  auto addressee = AgencyCode::parse(entry->at(0).get_string());
  auto recipient = AgencyCode::parse(entry->at(1).get_string());
  const auto level = entry->at(2).get_int64();
  if (!addressee || !recipient || level < 1 || level > 4) return corrupt("addressees");
  return Addressee{std::move(addressee).value(), std::move(recipient).value(),
                   static_cast<Level>(level)};
}

Result<std::vector<Addressee>> decode_addressees(const json::object& object) {
  TRUC_TRY(const auto* list, array(object, "addressees"));
  std::vector<Addressee> addressees;
  addressees.reserve(list->size());
  for (const auto& value : *list) {
    TRUC_TRY(auto addressee, decode_addressee(value));
    addressees.push_back(std::move(addressee));
  }
  return addressees;
}

json::array encode_attachments(const std::vector<delivery::AttachmentReference>& attachments,
                               json::storage_ptr memory) {
  json::array list(memory);
  for (const auto& one : attachments) {
    json::object reference(memory);
    reference.emplace("sha256", one.sha256.hex());
    reference.emplace("size", one.size);
    list.push_back(std::move(reference));
  }
  return list;
}

Result<std::vector<delivery::AttachmentReference>> decode_attachments(const json::object& object) {
  TRUC_TRY(const auto* list, array(object, "attachments"));
  std::vector<delivery::AttachmentReference> attachments;
  for (const auto& value : *list) {
    if (!value.is_object()) return corrupt("attachments");
    delivery::AttachmentReference reference;
    TRUC_TRY(reference.sha256, parsed(value.get_object(), "sha256", &Sha256::parse_hex));
    TRUC_TRY(reference.size, size(value.get_object(), "size"));
    attachments.push_back(reference);
  }
  return attachments;
}

Result<std::optional<Regarding>> decode_regarding(const json::object& object) {
  const auto* value = object.if_contains("regarding");
  if (value == nullptr) return std::optional<Regarding>();
  if (!value->is_object()) return corrupt("regarding");
  TRUC_TRY(auto sender, parsed(value->get_object(), "sender", &AgencyCode::parse));
  TRUC_TRY(auto document, parsed(value->get_object(), "document_id", &DocumentId::parse));
  return std::optional(Regarding{std::move(sender), std::move(document)});
}

Result<edxml::Priority> decode_priority(const json::object& object) {
  TRUC_TRY(const auto priority, integer(object, "priority"));
  if (priority < 0 || priority > 4) return corrupt("priority");
  return static_cast<edxml::Priority>(priority);
}

json::object encode_receipt(const KeptReceipt& receipt, json::storage_ptr memory) {
  json::object object(memory);
  object.emplace("at", milliseconds(receipt.at));
  object.emplace("carrier", receipt.carrier.text());
  object.emplace("text", receipt.text);
  return object;
}

Result<std::optional<KeptReceipt>> decode_receipt(const json::object& row, std::string_view name) {
  const auto* value = row.if_contains(name);
  if (value == nullptr) return std::optional<KeptReceipt>();
  if (!value->is_object()) return corrupt(name);
  const auto& object = value->get_object();
  KeptReceipt receipt;
  TRUC_TRY(receipt.at, time(object, "at"));
  TRUC_TRY(receipt.carrier, parsed(object, "carrier", &TransferId::parse));
  TRUC_TRY(const auto written, text(object, "text"));
  receipt.text = written;
  return std::optional(std::move(receipt));
}

Result<std::optional<std::int64_t>> optional_integer(const json::object& object,
                                                     std::string_view name) {
  if (!object.contains(name)) return std::optional<std::int64_t>();
  TRUC_TRY(const auto value, integer(object, name));
  return std::optional(value);
}

// Empty when there is none.
Result<std::string_view> optional_text(const json::object& object, std::string_view name) {
  if (!object.contains(name)) return std::string_view();
  return text(object, name);
}

Result<std::optional<Time>> optional_time(const json::object& object, std::string_view name) {
  if (!object.contains(name)) return std::optional<Time>();
  TRUC_TRY(const auto value, time(object, name));
  return std::optional(value);
}

}  // namespace

std::string encode(const TransferRecord& record) {
  Scratch scratch;
  const auto memory = scratch.memory();
  json::object object(memory);
  object.reserve(16);
  object.emplace("id", record.id.text());
  object.emplace("kind", delivery::to_text(record.kind));
  object.emplace("sender", record.sender.text());
  object.emplace("document_id", record.document_id.text());
  object.emplace("notation", record.notation);
  object.emplace("sha256", record.sha256.hex());
  object.emplace("size", record.size);
  object.emplace("priority", static_cast<int>(record.priority));
  object.emplace("accepted_at", milliseconds(record.accepted_at));
  object.emplace("addressees", encode_addressees(record.addressees, memory));
  object.emplace("attachments", encode_attachments(record.attachments, memory));
  if (record.regarding) {
    json::object regarding(memory);
    regarding.emplace("sender", record.regarding->sender.text());
    regarding.emplace("document_id", record.regarding->document_id.text());
    object.emplace("regarding", std::move(regarding));
  }
  object.emplace("receipt", record.receipt);
  if (!record.accepted_by.empty()) object.emplace("accepted_by", record.accepted_by);
  if (record.mailbox_position) object.emplace("mailbox_position", *record.mailbox_position);
  return json::serialize(object);
}

Result<TransferRecord> decode_transfer(std::string_view row) {
  Scratch scratch;
  TRUC_TRY(const auto value, parse(row, scratch));
  const auto& object = value.get_object();
  TRUC_TRY(const auto id, parsed(object, "id", &TransferId::parse));
  TRUC_TRY(const auto kind, parsed(object, "kind", &delivery::parse_item_kind));
  TRUC_TRY(auto sender, parsed(object, "sender", &AgencyCode::parse));
  TRUC_TRY(auto document_id, parsed(object, "document_id", &DocumentId::parse));
  TRUC_TRY(const auto notation, text(object, "notation"));
  TRUC_TRY(const auto sha256, parsed(object, "sha256", &Sha256::parse_hex));
  TRUC_TRY(const auto bytes, size(object, "size"));
  TRUC_TRY(const auto priority, decode_priority(object));
  TRUC_TRY(const auto accepted_at, time(object, "accepted_at"));
  TRUC_TRY(auto addressees, decode_addressees(object));
  TRUC_TRY(auto attachments, decode_attachments(object));
  TRUC_TRY(auto regarding, decode_regarding(object));
  TRUC_TRY(const auto receipt, text(object, "receipt"));
  TRUC_TRY(const auto position, optional_integer(object, "mailbox_position"));
  TRUC_TRY(const auto accepted_by, optional_text(object, "accepted_by"));
  return TransferRecord{.id = id,
                        .kind = kind,
                        .sender = std::move(sender),
                        .document_id = std::move(document_id),
                        .notation = std::string(notation),
                        .sha256 = sha256,
                        .size = bytes,
                        .priority = priority,
                        .accepted_at = accepted_at,
                        .addressees = std::move(addressees),
                        .attachments = std::move(attachments),
                        .regarding = std::move(regarding),
                        .receipt = std::string(receipt),
                        .mailbox_position = position,
                        .accepted_by = std::string(accepted_by)};
}

std::string encode(const HistoryEvent& event) {
  Scratch scratch;
  json::object object(scratch.memory());
  object.emplace("at", milliseconds(event.at));
  object.emplace("event", event.event);
  object.emplace("actor", event.actor);
  object.emplace("detail", event.detail);
  if (event.transfer) object.emplace("transfer", event.transfer->text());
  return json::serialize(object);
}

Result<HistoryEvent> decode_history(std::string_view row) {
  Scratch scratch;
  TRUC_TRY(const auto value, parse(row, scratch));
  const auto& object = value.get_object();
  HistoryEvent event;
  TRUC_TRY(event.at, time(object, "at"));
  TRUC_TRY(event.event, text(object, "event"));
  TRUC_TRY(event.actor, text(object, "actor"));
  TRUC_TRY(event.detail, text(object, "detail"));
  if (object.contains("transfer")) {
    TRUC_TRY(event.transfer, parsed(object, "transfer", &TransferId::parse));
  }
  return event;
}

std::string encode(const DeliveryRow& row) {
  Scratch scratch;
  const auto memory = scratch.memory();
  json::object object(memory);
  if (row.mailed_at) {
    object.emplace("mailed_at", milliseconds(*row.mailed_at));
    object.emplace("mailbox_position", row.mailbox_position);
  }
  if (row.delivered) object.emplace("delivered", encode_receipt(*row.delivered, memory));
  if (row.registered) object.emplace("registered", encode_receipt(*row.registered, memory));
  if (row.acknowledged_at) object.emplace("acknowledged_at", milliseconds(*row.acknowledged_at));
  return json::serialize(object);
}

Result<DeliveryRow> decode_delivery(std::string_view text_of_row) {
  Scratch scratch;
  TRUC_TRY(const auto value, parse(text_of_row, scratch));
  const auto& object = value.get_object();
  DeliveryRow row;
  TRUC_TRY(row.mailed_at, optional_time(object, "mailed_at"));
  if (row.mailed_at) {
    TRUC_TRY(row.mailbox_position, integer(object, "mailbox_position"));
  }
  TRUC_TRY(row.delivered, decode_receipt(object, "delivered"));
  TRUC_TRY(row.registered, decode_receipt(object, "registered"));
  TRUC_TRY(row.acknowledged_at, optional_time(object, "acknowledged_at"));
  return row;
}

DeliveryState state_of(const TransferRecord& transfer, const DeliveryRow& row) {
  DeliveryState state;
  state.mailed_at = row.mailed_at;
  if (transfer.mailbox_position) state.mailed_at = transfer.accepted_at;
  state.delivered_at = row.acknowledged_at;
  if (row.delivered) {
    state.delivered_at = row.delivered->at;
    state.delivered_receipt = row.delivered->text;
  }
  if (row.registered) {
    state.registered_at = row.registered->at;
    state.registered_receipt = row.registered->text;
  }
  return state;
}

std::string encode(const IdentityRow& row) {
  std::string text(row.transfer.bytes());
  text += row.sha256.bytes();
  return text;
}

Result<IdentityRow> decode_identity(std::string_view row) {
  constexpr std::size_t kTransferOctets = 16;
  IdentityRow identity;
  if (row.size() != kTransferOctets + identity.sha256.octets.size()) return corrupt("identity");
  const auto transfer = TransferId::from_bytes(row.substr(0, kTransferOctets));
  if (!transfer) return corrupt("identity");
  identity.transfer = transfer.value();
  std::ranges::copy(row.substr(kTransferOctets), identity.sha256.octets.begin());
  return identity;
}

std::string encode(const StagingRow& row) {
  Scratch scratch;
  json::object object(scratch.memory());
  object.emplace("upload", row.upload);
  object.emplace("total", row.total);
  object.emplace("received", row.received);
  object.emplace("touched_at", milliseconds(row.touched_at));
  return json::serialize(object);
}

Result<StagingRow> decode_staging(std::string_view text_of_row) {
  Scratch scratch;
  TRUC_TRY(const auto value, parse(text_of_row, scratch));
  const auto& object = value.get_object();
  StagingRow row;
  TRUC_TRY(row.upload, size(object, "upload"));
  TRUC_TRY(row.total, size(object, "total"));
  TRUC_TRY(row.received, size(object, "received"));
  TRUC_TRY(row.touched_at, time(object, "touched_at"));
  if (row.received > row.total) return corrupt("received");
  return row;
}

std::string encode(const BlobRow& row) {
  Scratch scratch;
  json::object object(scratch.memory());
  object.emplace("upload", row.upload);
  object.emplace("size", row.size);
  return json::serialize(object);
}

Result<BlobRow> decode_blob(std::string_view text_of_row) {
  Scratch scratch;
  TRUC_TRY(const auto value, parse(text_of_row, scratch));
  BlobRow row;
  TRUC_TRY(row.upload, size(value.get_object(), "upload"));
  TRUC_TRY(row.size, size(value.get_object(), "size"));
  return row;
}

}  // namespace truc::hub::records
