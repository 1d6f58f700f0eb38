#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include "edge-adapter/spool/json_text.hpp"
#include "edge-adapter/uplink/http_hub.hpp"

namespace truc::edge {
namespace {

Result<MailboxEntry> parse_entry(const boost::json::value& value) {
  if (!value.is_object()) return Failure(ErrorCode::malformed_record).at("entries");
  auto members = value.get_object();
  std::string receipt;
  if (const auto* found = members.if_contains("receipt")) {
    // The hub embeds the receipt's own compact JSON; members keep their order and the values are
    // base64url text, so writing it again gives the same bytes.
    receipt = boost::json::serialize(*found);
    members.erase("receipt");
  }
  TRUC_TRY(auto record, delivery::parse_delivery_record(boost::json::serialize(members)));
  if (receipt.empty() && record.kind != delivery::ItemKind::receipt)
    return Failure(ErrorCode::malformed_record).at("receipt").found(record.delivery.text());
  return MailboxEntry{.record = std::move(record), .receipt = std::move(receipt)};
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
