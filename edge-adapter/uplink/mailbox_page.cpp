#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include "edge-adapter/spool/json_text.hpp"
#include "edge-adapter/uplink/http_hub.hpp"
#include "pki/crypto/digest.hpp"

namespace truc::edge {
namespace {

// The hub embeds a receipt's own compact JSON; members keep their order and the values are
// base64url text, so writing it again gives the same bytes. A package is a JSON string. Empty when
// there is none.
std::string take_member(boost::json::object& members, std::string_view name) {
  const auto* found = members.if_contains(name);
  if (found == nullptr) return {};
  const auto* string = found->if_string();
  std::string text = string != nullptr ? std::string(*string) : boost::json::serialize(*found);
  members.erase(name);
  return text;
}

Result<MailboxEntry> parse_entry(const boost::json::value& value) {
  if (!value.is_object()) return Failure(ErrorCode::malformed_record).at("entries");
  auto members = value.get_object();
  std::string receipt = take_member(members, "receipt");
  std::string item = take_member(members, "item");
  TRUC_TRY(auto record, delivery::parse_delivery_record(boost::json::serialize(members)));
  if (receipt.empty() && record.kind != delivery::ItemKind::receipt)
    return Failure(ErrorCode::malformed_record).at("receipt").found(record.delivery.text());
  // What was signed with spaces in it, or in any other form than ours, is fetched as it is.
  if (!item.empty() && pki::sha256(item) != record.sha256) item.clear();
  return MailboxEntry{
      .record = std::move(record), .receipt = std::move(receipt), .item = std::move(item)};
}

}  // namespace

Result<MailboxPage> parse_mailbox(std::string_view body) {
  const auto answer = JsonRecord::parse(body);
  const auto* entries = answer ? answer.value().members().if_contains("entries") : nullptr;
  if (entries == nullptr || !entries->is_array())
    return Failure(ErrorCode::peer_protocol).at("/v1/mailbox").expected("{\"entries\":[…]}");
  MailboxPage page;
  for (const auto& value : entries->get_array()) {
    auto entry = parse_entry(value);
    if (entry)
      page.entries.push_back(std::move(entry).value());
    else
      page.malformed.push_back(std::move(entry).error());
  }
  return page;
}

}  // namespace truc::edge
