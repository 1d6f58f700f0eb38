#include "pki/receipt/claims.hpp"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <unordered_set>

#include "pki/receipt/json.hpp"
#include "schemas/base/limits.hpp"

namespace truc::pki {
namespace {

constexpr std::string_view kHubIssuer = "hub:";
constexpr std::string_view kAgencyIssuer = "agency:";

std::string quoted(std::string_view text) {
  return boost::json::serialize(boost::json::string(text));
}

// What a receipt of each kind must hold, whoever signed it.
Result<void> require_consistent(const ReceiptClaims& claims) {
  if (claims.recipients.empty() || claims.recipients.size() > limits::kRecipientsMax)
    return malformed_receipt("/recipients", "1 to 12000 agencies");
  if (claims.kind == ReceiptKind::accepted) {
    if (claims.delivery_index) return malformed_receipt("/delivery", "no such member here");
    if (!claims.issuer.starts_with(kHubIssuer)) return malformed_receipt("/issuer", "hub:<id>");
    std::unordered_set<std::string_view> seen;
    for (const auto& recipient : claims.recipients) {
      if (!seen.insert(recipient.text()).second)
        return malformed_receipt("/recipients", "every agency once").found(recipient.text());
    }
    return success();
  }
  if (!claims.delivery_index) return malformed_receipt("/delivery", "the delivery's number");
  if (claims.recipients.size() != 1) return malformed_receipt("/recipients", "one agency");
  if (claims.revocation_known_at)
    return malformed_receipt("/revocation_known_at", "no such member here");
  if (claims.issuer != std::string(kAgencyIssuer) + claims.recipients.front().text())
    return malformed_receipt("/issuer", "agency:<the recipient>");
  return success();
}

template <class T>
Result<T> member_as(Result<T> parsed, std::string_view name) {
  if (parsed) return parsed;
  return malformed_receipt("/" + std::string(name), parsed.error().expected())
      .found(parsed.error().found());
}

// The text of a member through the parser of its type.
template <class Parse>
auto parsed_member(const boost::json::object& object, std::string_view name, Parse parse)
    -> decltype(parse(std::string_view())) {
  TRUC_TRY(const std::string_view text, string_member(object, name));
  return member_as(parse(text), name);
}

Result<std::vector<AgencyCode>> parse_recipients(const boost::json::object& object) {
  const boost::json::value* value = object.if_contains("recipients");
  if (value == nullptr || !value->is_array())
    return malformed_receipt("/recipients", "an array of agencies");
  std::vector<AgencyCode> recipients;
  recipients.reserve(value->get_array().size());
  for (const auto& element : value->get_array()) {
    if (!element.is_string()) return malformed_receipt("/recipients", "codes of agencies");
    TRUC_TRY(auto code, member_as(AgencyCode::parse(element.get_string()), "recipients"));
    recipients.push_back(std::move(code));
  }
  return recipients;
}

Result<std::optional<std::uint32_t>> parse_delivery(const boost::json::object& object) {
  const boost::json::value* value = object.if_contains("delivery");
  if (value == nullptr) return std::optional<std::uint32_t>();
  if (!value->is_int64() || value->get_int64() < 0 || value->get_int64() > UINT32_MAX)
    return malformed_receipt("/delivery", "a whole number");
  return std::optional(static_cast<std::uint32_t>(value->get_int64()));
}

Result<std::optional<Time>> parse_revocation_known_at(const boost::json::object& object) {
  if (!object.contains("revocation_known_at")) return std::optional<Time>();
  TRUC_TRY(const Time time, parsed_member(object, "revocation_known_at", parse_rfc3339));
  return std::optional(time);
}

}  // namespace

std::string_view to_text(ReceiptKind kind) {
  switch (kind) {
    case ReceiptKind::accepted:
      return "accepted";
    case ReceiptKind::delivered:
      return "delivered";
    case ReceiptKind::registered:
      return "registered";
  }
  return "unknown";
}

Result<ReceiptKind> parse_receipt_kind(std::string_view text) {
  for (const auto kind : {ReceiptKind::accepted, ReceiptKind::delivered, ReceiptKind::registered}) {
    if (text == to_text(kind)) return kind;
  }
  return malformed_receipt("/kind", "accepted, delivered or registered")
      .found(std::string(text.substr(0, 40)));
}

Result<std::string> write_claims(const ReceiptClaims& claims) {
  TRUC_TRY(require_consistent(claims));
  std::string json = R"({"truc":1,"kind":")";
  json += to_text(claims.kind);
  json += R"(","transfer":")" + claims.transfer.text() + '"';
  if (claims.delivery_index) json += R"(,"delivery":)" + std::to_string(*claims.delivery_index);
  json += R"(,"sender":")" + claims.sender.text();
  json += R"(","document_id":)" + quoted(claims.document_id.text());
  json += R"(,"document_sha256":")" + claims.document_sha256.hex();
  json += R"(","recipients":[)";
  for (const auto& recipient : claims.recipients) {
    if (&recipient != &claims.recipients.front()) json += ',';
    json += '"' + recipient.text() + '"';
  }
  json += R"(],"issuer":)" + quoted(claims.issuer);
  json += R"(,"issued_at":")" + to_rfc3339(claims.issued_at) + '"';
  if (claims.revocation_known_at)
    json += R"(,"revocation_known_at":")" + to_rfc3339(*claims.revocation_known_at) + '"';
  json += '}';
  return json;
}

Result<ReceiptClaims> parse_claims(std::string_view text) {
  TRUC_TRY(const auto object, parse_object(text, "/payload"));
  TRUC_TRY(const auto kind, parsed_member(object, "kind", parse_receipt_kind));
  TRUC_TRY(const auto transfer, parsed_member(object, "transfer", TransferId::parse));
  TRUC_TRY(const auto delivery, parse_delivery(object));
  TRUC_TRY(auto sender, parsed_member(object, "sender", AgencyCode::parse));
  TRUC_TRY(auto document_id, parsed_member(object, "document_id", DocumentId::parse));
  TRUC_TRY(const auto sha256, parsed_member(object, "document_sha256", Sha256::parse_hex));
  TRUC_TRY(auto recipients, parse_recipients(object));
  TRUC_TRY(const auto issuer, string_member(object, "issuer"));
  TRUC_TRY(const auto issued_at, parsed_member(object, "issued_at", parse_rfc3339));
  TRUC_TRY(const auto revocation_known_at, parse_revocation_known_at(object));
  ReceiptClaims claims{kind,
                       transfer,
                       delivery,
                       std::move(sender),
                       std::move(document_id),
                       sha256,
                       std::move(recipients),
                       std::string(issuer),
                       issued_at,
                       revocation_known_at};
  TRUC_TRY(const std::string canonical, write_claims(claims));
  if (canonical != text)
    return malformed_receipt("/payload",
                             "the members of PR-RCPT, each once, in order, nothing else");
  return claims;
}

}  // namespace truc::pki
