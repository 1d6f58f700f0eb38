#include "hub/api/views.hpp"

#include <algorithm>
#include <string_view>

#include "hub/api/json_text.hpp"
#include "schemas/base/limits.hpp"
#include "schemas/base/utf8.hpp"

namespace truc::hub {
namespace {

constexpr std::size_t kSummaryDeliveriesMax = 50;  // of one document on the operators' page

std::string_view state_text(const DeliveryState& state) {
  if (state.registered_at) return "registered";
  if (state.delivered_at) return "delivered";
  if (state.mailed_at) return "mailed";
  return "accepted";
}

void add_state(JsonObject& object, const DeliveryState& state) {
  object.text("state", state_text(state));
  if (state.mailed_at) object.time("mailed_at", *state.mailed_at);
  if (state.delivered_at) object.time("delivered_at", *state.delivered_at);
  if (state.registered_at) object.time("registered_at", *state.registered_at);
}

std::string priority_text(edxml::Priority priority) {
  return std::to_string(static_cast<int>(priority));
}

std::string event_json(const HistoryEvent& event) {
  JsonObject object;
  object.time("at", event.at).text("event", event.event).text("actor", event.actor);
  if (!event.detail.empty()) object.text("detail", event.detail);
  if (event.transfer) object.text("transfer", event.transfer->text());
  return std::move(object).finish();
}

// How many bytes of receipts an answer may still hold, and how many receipts it had to leave out.
struct ReceiptSpace {
  std::size_t bytes = limits::kMailboxPageBytesMax;
  std::size_t left_out = 0;

  void add(JsonObject& object, std::string_view name, const std::string& receipt) {
    if (receipt.empty()) return;
    if (receipt.size() > bytes) {
      ++left_out;
      return;
    }
    bytes -= receipt.size();
    object.raw(name, receipt);
  }
};

std::string day_text(std::chrono::sys_days day) {
  std::string text = to_national_date(std::chrono::year_month_day{day});
  std::ranges::replace(text, '/', '-');
  return text;
}

std::string codes_json(const std::vector<AgencyCode>& codes) {
  JsonArray array;
  for (const AgencyCode& code : codes) array.text(code.text());
  return std::move(array).finish();
}

// A receipt is JSON; a package is text, where it can be one.
void append_item(std::string& record, const MailboxEntry& entry) {
  const bool is_receipt = entry.transfer->kind == delivery::ItemKind::receipt;
  if (is_receipt) {
    record.append(",\"item\":").append(*entry.item);
  } else if (is_utf8(*entry.item)) {
    record += ",\"item\":";
    append_json_string(record, *entry.item);
  }
}

void append_entry(std::string& page, const MailboxEntry& entry) {
  const TransferRecord& transfer = *entry.transfer;
  page += delivery::to_json(delivery_of(transfer, entry.index));
  page.pop_back();  // its brace
  if (!transfer.receipt.empty()) page.append(",\"receipt\":").append(transfer.receipt);
  if (entry.item) append_item(page, entry);
  page += '}';
}

}  // namespace

// Written in place: a page can be megabytes.
std::string mailbox_json(const std::vector<MailboxEntry>& entries) {
  std::string page = "{\"entries\":[";
  for (const MailboxEntry& entry : entries) {
    if (&entry != &entries.front()) page += ',';
    append_entry(page, entry);
  }
  page += "]}";
  return page;
}

std::string history_json(const HistoryView& view) {
  const TransferRecord& record = *view.transfer;
  ReceiptSpace space;
  JsonArray deliveries;
  for (const auto& [index, state] : view.deliveries) {
    const Addressee& addressee = record.addressees[index];
    JsonObject delivery;
    delivery.text("delivery", DeliveryId{record.id, index}.text())
        .text("recipient", addressee.recipient.text())
        .text("addressee", addressee.addressee.text())
        .number("level", static_cast<std::uint64_t>(number(addressee.level)));
    add_state(delivery, state);
    space.add(delivery, "delivered_receipt", state.delivered_receipt);
    space.add(delivery, "registered_receipt", state.registered_receipt);
    deliveries.raw(std::move(delivery).finish());
  }
  JsonArray events;
  for (const HistoryEvent& event : view.events) events.raw(event_json(event));

  JsonObject object;
  object.text("transfer", record.id.text())
      .text("kind", to_text(record.kind))
      .text("sender", record.sender.text())
      .text("document_id", record.document_id.text())
      .text("notation", record.notation)
      .raw("priority", priority_text(record.priority))
      .text("sha256", record.sha256.hex())
      .number("size", record.size)
      .time("accepted_at", record.accepted_at);
  if (!record.receipt.empty()) object.raw("receipt", record.receipt);
  object.raw("deliveries", std::move(deliveries).finish());
  object.raw("events", std::move(events).finish());
  if (space.left_out > 0) object.number("receipts_left_out", space.left_out);
  return std::move(object).finish();
}

std::string agency_json(const Agency& agency, std::chrono::sys_days day) {
  JsonObject object;
  object.text("code", agency.code.text());
  if (!agency.other_codes.empty()) object.raw("other_codes", codes_json(agency.other_codes));
  object.text("name", agency.name)
      .number("level", static_cast<std::uint64_t>(number(agency.level)));
  if (agency.parent) object.text("parent", agency.parent->text());
  object.text("system", agency.system.text())
      .text("state", state_of(agency, day) == AgencyState::active ? "active" : "closed");
  if (agency.opened) object.text("opened", day_text(*agency.opened));
  if (agency.closed) object.text("closed", day_text(*agency.closed));
  if (!agency.successors.empty()) object.raw("successors", codes_json(agency.successors));
  return std::move(object).finish();
}

std::string agencies_json(const AgencyPage& page, std::chrono::sys_days day) {
  JsonArray agencies;
  for (const Agency* agency : page.agencies) agencies.raw(agency_json(*agency, day));
  JsonObject object;
  object.raw("agencies", std::move(agencies).finish());
  if (!page.next.empty()) object.text("next", page.next);
  return std::move(object).finish();
}

std::string summary_json(const TransferSummary& summary, const Directory& directory) {
  const TransferRecord& record = *summary.transfer;
  JsonArray deliveries;
  const auto shown = std::min(summary.deliveries.size(), kSummaryDeliveriesMax);
  for (std::size_t i = 0; i < shown; ++i) {
    const Addressee& addressee = record.addressees[i];
    JsonObject delivery;
    delivery.text("recipient", addressee.recipient.text());
    if (const Agency* agency = directory.find(addressee.recipient))
      delivery.text("name", agency->name);
    delivery.number("level", static_cast<std::uint64_t>(number(addressee.level)));
    add_state(delivery, summary.deliveries[i]);
    deliveries.raw(std::move(delivery).finish());
  }
  JsonObject object;
  object.text("transfer", record.id.text())
      .text("document_id", record.document_id.text())
      .text("notation", record.notation)
      .text("sender", record.sender.text());
  if (const Agency* sender = directory.find(record.sender))
    object.text("sender_name", sender->name);
  object.raw("priority", priority_text(record.priority))
      .time("accepted_at", record.accepted_at)
      .number("delivery_count", record.addressees.size())
      .raw("deliveries", std::move(deliveries).finish());
  return std::move(object).finish();
}

std::string hubs_json(const std::vector<ServingHub>& hubs) {
  JsonArray list;
  for (const ServingHub& one : hubs) {
    JsonObject object;
    object.text("hub", one.hub).text("address", one.address);
    list.raw(std::move(object).finish());
  }
  return std::move(list).finish();
}

std::string adapters_json(const std::vector<AdapterPresence>& adapters) {
  JsonArray array;
  for (const AdapterPresence& adapter : adapters) {
    JsonObject object;
    object.text("system", adapter.system.text())
        .number("agencies", adapter.agencies)
        .number("connections", adapter.connections)
        .time("since", adapter.since)
        .time("last_request_at", adapter.last_request_at);
    array.raw(std::move(object).finish());
  }
  return std::move(array).finish();
}

}  // namespace truc::hub
