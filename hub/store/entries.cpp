#include "hub/store/entries.hpp"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <array>
#include <initializer_list>

#include "hub/store/records.hpp"
#include "schemas/base/check.hpp"
#include "schemas/base/limits.hpp"

namespace truc::hub {
namespace {

namespace json = boost::json;

constexpr std::int64_t kVersion = 1;
constexpr std::size_t kLengthOctets = 4;
constexpr std::size_t kHead = 0;
// Of an item: behind the head.
constexpr std::size_t kRecord = 1;
constexpr std::size_t kEvent = 2;
constexpr std::size_t kBytes = 3;
constexpr std::size_t kPartsMax = 4;

Failure malformed(std::string place, std::string why = "not as the journal's protocol has it") {
  return Failure(ErrorCode::malformed_record).at(std::move(place)).because(std::move(why));
}

json::object head_of(std::string_view change) {
  json::object head;
  head["truc"] = kVersion;
  head["change"] = change;
  return head;
}

std::string joined(std::initializer_list<std::string_view> parts) {
  std::size_t size = 0;
  for (const auto part : parts) size += kLengthOctets + part.size();
  std::string entry;
  entry.reserve(size);
  for (const auto part : parts) {
    TRUC_CHECK(part.size() <= UINT32_MAX, "bounded by the envelope's size");
    for (int shift = 24; shift >= 0; shift -= 8)
      entry += static_cast<char>(static_cast<std::uint8_t>(part.size() >> shift));
    entry += part;
  }
  return entry;
}

Result<std::vector<std::string_view>> split(std::string_view entry) {
  std::vector<std::string_view> parts;
  while (!entry.empty()) {
    if (entry.size() < kLengthOctets || parts.size() == kPartsMax) return malformed("parts");
    std::size_t size = 0;
    for (std::size_t i = 0; i < kLengthOctets; ++i)
      size = size << 8 | static_cast<std::uint8_t>(entry[i]);
    entry.remove_prefix(kLengthOctets);
    if (size > entry.size()) return malformed("parts", "cut short");
    parts.push_back(entry.substr(0, size));
    entry.remove_prefix(size);
  }
  if (parts.empty()) return malformed("parts");
  return parts;
}

void put_item(json::object& head, const NewTransfer& item) {
  head["history_of"] = item.history_of.text();
  if (item.uploader) head["uploader"] = item.uploader->text();
  if (item.other_codes.empty()) return;
  json::array codes;
  for (const auto& code : item.other_codes) codes.emplace_back(code.text());
  head["other_codes"] = std::move(codes);
}

std::string item_entry(const json::object& head, const NewTransfer& item) {
  return joined({json::serialize(head), records::encode(item.record), records::encode(item.history),
                 *item.bytes});
}

Result<std::string_view> text(const json::object& head, std::string_view name) {
  const auto* value = head.if_contains(name);
  if (value == nullptr || !value->is_string()) return malformed(std::string(name));
  return std::string_view(value->get_string());
}

Result<std::uint64_t> number(const json::object& head, std::string_view name) {
  const auto* value = head.if_contains(name);
  if (value == nullptr || !value->is_int64() || value->get_int64() < 0)
    return malformed(std::string(name));
  return static_cast<std::uint64_t>(value->get_int64());
}

template <class T>
Result<T> parsed(const json::object& head, std::string_view name,
                 Result<T> (*parse)(std::string_view)) {
  TRUC_TRY(const auto written, text(head, name));
  auto value = parse(written);
  if (!value) return malformed(std::string(name));
  return value;
}

template <class T>
Result<std::vector<T>> list(const json::object& head, std::string_view name,
                            Result<T> (*parse)(std::string_view)) {
  std::vector<T> all;
  const auto* value = head.if_contains(name);
  if (value == nullptr) return all;
  if (!value->is_array()) return malformed(std::string(name));
  for (const auto& one : value->get_array()) {
    if (!one.is_string()) return malformed(std::string(name));
    auto item = parse(one.get_string());
    if (!item) return malformed(std::string(name));
    all.push_back(std::move(item).value());
  }
  return all;
}

Result<void> require_parts(const std::vector<std::string_view>& parts, std::size_t count) {
  if (parts.size() != count) return malformed("parts");
  return success();
}

Result<NewTransfer> read_item(const json::object& head,
                              const std::vector<std::string_view>& parts) {
  TRUC_TRY(require_parts(parts, kBytes + 1));
  TRUC_TRY(auto record, records::decode_transfer(parts[kRecord]));
  TRUC_TRY(auto history, records::decode_history(parts[kEvent]));
  TRUC_TRY(const auto history_of, parsed(head, "history_of", &TransferId::parse));
  std::optional<SystemId> uploader;
  if (head.contains("uploader")) {
    TRUC_TRY(uploader, parsed(head, "uploader", &SystemId::parse));
  }
  if (!record.attachments.empty() && !uploader) return malformed("uploader");
  if (record.mailbox_position) return malformed("mailbox_position");
  TRUC_TRY(auto other_codes, list(head, "other_codes", &AgencyCode::parse));
  return NewTransfer{.record = std::move(record),
                     .bytes = std::make_shared<const std::string>(parts[kBytes]),
                     .history_of = history_of,
                     .history = std::move(history),
                     .uploader = std::move(uploader),
                     .other_codes = std::move(other_codes)};
}

Result<Entry> read_receipt(const json::object& head, const std::vector<std::string_view>& parts) {
  TRUC_TRY(auto item, read_item(head, parts));
  TRUC_TRY(const auto delivery, parsed(head, "delivery", &DeliveryId::parse));
  TRUC_TRY(const auto kind, text(head, "kind"));
  if (kind != "delivered" && kind != "registered") return malformed("kind");
  if (item.record.addressees.size() != 1) return malformed("addressees");
  const Time at = item.history.at;
  std::string receipt(*item.bytes);
  return Entry(RecipientReceipt{.delivery = delivery,
                                .is_registered = kind == "registered",
                                .at = at,
                                .receipt = std::move(receipt),
                                .to_sender = std::move(item)});
}

Result<Entry> read_acknowledgement(const json::object& head) {
  TRUC_TRY(auto deliveries, list(head, "deliveries", &DeliveryId::parse));
  if (deliveries.empty()) return malformed("deliveries");
  return Entry(Acknowledgement{std::move(deliveries)});
}

Result<Entry> read_part(const json::object& head, const std::vector<std::string_view>& parts) {
  TRUC_TRY(require_parts(parts, 2));
  TRUC_TRY(auto system, parsed(head, "system", &SystemId::parse));
  TRUC_TRY(const auto sha256, parsed(head, "sha256", &Sha256::parse_hex));
  TRUC_TRY(const auto total, number(head, "total"));
  TRUC_TRY(const auto offset, number(head, "offset"));
  if (parts[1].empty() || offset > total || parts[1].size() > total - offset)
    return malformed("offset");
  return Entry(StagedPart{.system = std::move(system),
                          .sha256 = sha256,
                          .total = total,
                          .offset = offset,
                          .bytes = std::string(parts[1])});
}

Result<Entry> read_abandoned(const json::object& head) {
  TRUC_TRY(auto system, parsed(head, "system", &SystemId::parse));
  TRUC_TRY(const auto sha256, parsed(head, "sha256", &Sha256::parse_hex));
  TRUC_TRY(const auto upload, number(head, "upload"));
  TRUC_TRY(const auto received, number(head, "received"));
  return Entry(AbandonedUpload{
      .system = std::move(system), .sha256 = sha256, .upload = upload, .received = received});
}

Result<Entry> read_member(const json::object& head, bool has_joined) {
  TRUC_TRY(const auto hub, text(head, "hub"));
  TRUC_TRY(const auto run, text(head, "run"));
  MemberChange change{
      .has_joined = has_joined, .hub = std::string(hub), .run = std::string(run), .address = {}};
  if (has_joined) {
    TRUC_TRY(change.address, text(head, "address"));
  }
  return Entry(std::move(change));
}

}  // namespace

std::string to_entry(const NewTransfer& item) {
  auto head = head_of("accept");
  put_item(head, item);
  return item_entry(head, item);
}

std::string to_entry(const RecipientReceipt& receipt) {
  TRUC_CHECK(receipt.receipt == *receipt.to_sender.bytes, "the item to the sender is the receipt");
  TRUC_CHECK(receipt.at == receipt.to_sender.history.at, "its event happened when it came");
  auto head = head_of("receipt");
  head["delivery"] = receipt.delivery.text();
  head["kind"] = receipt.is_registered ? "registered" : "delivered";
  put_item(head, receipt.to_sender);
  return item_entry(head, receipt.to_sender);
}

std::string to_entry(const Acknowledgement& acknowledgement) {
  auto head = head_of("acknowledge");
  json::array deliveries;
  for (const auto& delivery : acknowledgement.deliveries) deliveries.emplace_back(delivery.text());
  head["deliveries"] = std::move(deliveries);
  return joined({json::serialize(head)});
}

std::string to_entry(const StagedPart& part) {
  auto head = head_of("stage");
  head["system"] = part.system.text();
  head["sha256"] = part.sha256.hex();
  head["total"] = part.total;
  head["offset"] = part.offset;
  return joined({json::serialize(head), part.bytes});
}

std::string to_entry(const AbandonedUpload& upload) {
  auto head = head_of("abandon");
  head["system"] = upload.system.text();
  head["sha256"] = upload.sha256.hex();
  head["upload"] = upload.upload;
  head["received"] = upload.received;
  return joined({json::serialize(head)});
}

std::string to_entry(const Relayed& relayed) {
  auto head = head_of("relayed");
  head["sequence"] = relayed.sequence;
  return joined({json::serialize(head)});
}

std::string to_entry(const MemberChange& change) {
  auto head = head_of(change.has_joined ? "join" : "leave");
  head["hub"] = change.hub;
  head["run"] = change.run;
  if (change.has_joined) head["address"] = change.address;
  return joined({json::serialize(head)});
}

Result<Entry> parse_entry(std::string_view bytes) {
  TRUC_TRY(const auto parts, split(bytes));
  boost::system::error_code error;
  const auto value = json::parse(parts[kHead], error);
  if (error || !value.is_object()) return malformed("head");
  const auto& head = value.get_object();
  TRUC_TRY(const auto version, number(head, "truc"));
  if (version > kVersion)
    return Failure(ErrorCode::journal_version)
        .expected("at most " + std::to_string(kVersion))
        .found(std::to_string(version));
  TRUC_TRY(const auto change, text(head, "change"));
  if (change == "accept") {
    TRUC_TRY(auto item, read_item(head, parts));
    return Entry(std::move(item));
  }
  if (change == "receipt") return read_receipt(head, parts);
  if (change == "stage") return read_part(head, parts);
  TRUC_TRY(require_parts(parts, 1));
  if (change == "acknowledge") return read_acknowledgement(head);
  if (change == "abandon") return read_abandoned(head);
  if (change == "join" || change == "leave") return read_member(head, change == "join");
  if (change == "relayed") {
    TRUC_TRY(const auto sequence, number(head, "sequence"));
    return Entry(Relayed{sequence});
  }
  return malformed("change", std::string(change.substr(0, 40)));
}

}  // namespace truc::hub
