#include "schemas/delivery/delivery_record.hpp"

#include <array>
#include <boost/json/monotonic_resource.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <optional>

#include "schemas/base/limits.hpp"
#include "schemas/delivery/strict_json.hpp"

namespace truc::delivery {
namespace {

namespace json = boost::json;

constexpr std::int64_t kVersion = 1;

struct KindName {
  ItemKind kind;
  std::string_view text;
};
constexpr std::array kKindNames = {KindName{ItemKind::document, "document"},
                                   KindName{ItemKind::status, "status"},
                                   KindName{ItemKind::receipt, "receipt"}};

Failure malformed(std::string_view member, std::string expected) {
  return Failure(ErrorCode::malformed_record).at(std::string(member)).expected(std::move(expected));
}

// Reads one member after the other; the first that is wrong is what the caller hears of.
class Members {
 public:
  explicit Members(const json::object& object) : object_(object) {}

  Result<std::string_view> text(std::string_view name) const {
    const auto* value = object_.if_contains(name);
    if (value == nullptr || !value->is_string()) return malformed(name, "a string");
    return std::string_view(value->get_string());
  }

  Result<std::uint64_t> number(std::string_view name) const {
    const auto* value = object_.if_contains(name);
    if (value != nullptr && value->is_int64() && value->get_int64() >= 0)
      return static_cast<std::uint64_t>(value->get_int64());
    return malformed(name, "a whole number of at least 0");
  }

  // A member whose text another type parses.
  template <class T>
  Result<T> parsed(std::string_view name, Result<T> (*parse)(std::string_view)) const {
    TRUC_TRY(const auto written, text(name));
    auto value = parse(written);
    if (!value) return malformed(name, value.error().expected());
    return value;
  }

  Result<const json::array*> array(std::string_view name) const {
    const auto* value = object_.if_contains(name);
    if (value == nullptr || !value->is_array()) return malformed(name, "an array");
    return &value->get_array();
  }

 private:
  const json::object& object_;
};

Result<std::vector<AttachmentReference>> parse_attachments(const json::array& array) {
  if (array.size() > limits::kAttachmentsMax)
    return malformed("attachments", "at most " + std::to_string(limits::kAttachmentsMax));
  std::vector<AttachmentReference> attachments;
  attachments.reserve(array.size());
  for (const auto& element : array) {
    if (!element.is_object()) return malformed("attachments", "objects");
    const Members members(element.get_object());
    AttachmentReference attachment;
    TRUC_TRY(attachment.sha256, members.parsed("sha256", &Sha256::parse_hex));
    TRUC_TRY(attachment.size, members.number("size"));
    attachments.push_back(attachment);
  }
  return attachments;
}

Result<Level> parse_level(const Members& members) {
  TRUC_TRY(const auto level, members.number("level"));
  if (level < 1 || level > 4) return malformed("level", "1 to 4");
  return static_cast<Level>(level);
}

Result<edxml::Priority> parse_priority(const Members& members) {
  TRUC_TRY(const auto priority, members.number("priority"));
  if (priority > static_cast<std::uint64_t>(edxml::Priority::immediate_by_time))
    return malformed("priority", "0 to 4");
  return static_cast<edxml::Priority>(priority);
}

}  // namespace

std::string_view to_text(ItemKind kind) {
  return kKindNames[static_cast<std::size_t>(kind)].text;
}

Result<ItemKind> parse_item_kind(std::string_view text) {
  for (const auto& name : kKindNames) {
    if (name.text == text) return name.kind;
  }
  return Failure(ErrorCode::malformed_record)
      .at("kind")
      .expected("document, status or receipt")
      .found(std::string(text.substr(0, 32)));
}

std::string to_json(const DeliveryRecord& record) {
  std::array<unsigned char, 4096> buffer;
  json::monotonic_resource memory(buffer.data(), buffer.size());
  json::object object(&memory);
  object.reserve(16);
  object.emplace("truc", kVersion);
  object.emplace("delivery", record.delivery.text());
  object.emplace("kind", to_text(record.kind));
  object.emplace("sender", record.sender.text());
  object.emplace("recipient", record.recipient.text());
  object.emplace("addressee", record.addressee.text());
  object.emplace("level", number(record.level));
  object.emplace("priority", static_cast<int>(record.priority));
  object.emplace("document_id", record.document_id.text());
  object.emplace("notation", record.notation);
  object.emplace("sha256", record.sha256.hex());
  object.emplace("size", record.size);
  auto& attachments =
      object.emplace("attachments", json::array(&memory)).first->value().get_array();
  for (const auto& attachment : record.attachments) {
    json::object reference(&memory);
    reference.emplace("sha256", attachment.sha256.hex());
    reference.emplace("size", attachment.size);
    attachments.push_back(std::move(reference));
  }
  object.emplace("accepted_at", to_rfc3339(record.accepted_at));
  return json::serialize(object);
}

Result<DeliveryRecord> parse_delivery_record(std::string_view text) {
  if (text.size() > limits::kDeliveryRecordBytesMax)
    return malformed("", "at most " + std::to_string(limits::kDeliveryRecordBytesMax) + " bytes");
  TRUC_TRY(const auto value, parse_strictly(text));
  if (!value.is_object()) return malformed("", "an object");
  const Members members(value.get_object());

  TRUC_TRY(const auto version, members.number("truc"));
  if (version != static_cast<std::uint64_t>(kVersion))
    return malformed("truc", std::to_string(kVersion));
  TRUC_TRY(const auto delivery, members.parsed("delivery", &DeliveryId::parse));
  TRUC_TRY(const auto kind, members.parsed("kind", &parse_item_kind));
  TRUC_TRY(auto sender, members.parsed("sender", &AgencyCode::parse));
  TRUC_TRY(auto recipient, members.parsed("recipient", &AgencyCode::parse));
  TRUC_TRY(auto addressee, members.parsed("addressee", &AgencyCode::parse));
  TRUC_TRY(const auto level, parse_level(members));
  TRUC_TRY(const auto priority, parse_priority(members));
  TRUC_TRY(auto document_id, members.parsed("document_id", &DocumentId::parse));
  TRUC_TRY(const auto notation, members.text("notation"));
  TRUC_TRY(const auto sha256, members.parsed("sha256", &Sha256::parse_hex));
  TRUC_TRY(const auto size, members.number("size"));
  TRUC_TRY(const auto* listed, members.array("attachments"));
  TRUC_TRY(auto attachments, parse_attachments(*listed));
  TRUC_TRY(const auto accepted_at, members.parsed("accepted_at", &parse_rfc3339));
  return DeliveryRecord{.delivery = delivery,
                        .kind = kind,
                        .sender = std::move(sender),
                        .recipient = std::move(recipient),
                        .addressee = std::move(addressee),
                        .level = level,
                        .priority = priority,
                        .document_id = std::move(document_id),
                        .notation = std::string(notation),
                        .sha256 = sha256,
                        .size = size,
                        .attachments = std::move(attachments),
                        .accepted_at = accepted_at};
}

std::string topic_of(Level level) {
  return "truc.level" + std::to_string(number(level));
}

}  // namespace truc::delivery
