#include "edge-adapter/spool/outbound_item.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <array>

#include "edge-adapter/spool/json_text.hpp"

namespace truc::edge {
namespace {

namespace json = boost::json;

constexpr std::array kStates = {OutboundState::claimed, OutboundState::prepared,
                                OutboundState::accepted, OutboundState::registering,
                                OutboundState::refused};
constexpr std::uint64_t kVersion = 1;

Result<OutboundState> parse_state(std::string_view text) {
  for (const auto state : kStates)
    if (to_text(state) == text) return state;
  return malformed_member("state");
}

json::object facts_json(const PackageFacts& facts) {
  json::object out;
  out["kind"] = facts.kind == edxml::PackageKind::document ? "document" : "status";
  out["sender"] = facts.sender.text();
  out["document_id"] = facts.document_id.text();
  out["sha256"] = facts.sha256.hex();
  out["size"] = facts.size;
  out["priority"] = static_cast<std::uint64_t>(facts.priority);
  json::array beside;
  for (const auto& file : facts.beside) {
    json::object entry;
    entry["name"] = file.name;
    entry["sha256"] = file.sha256.hex();
    entry["size"] = file.size;
    beside.push_back(std::move(entry));
  }
  out["beside"] = std::move(beside);
  if (facts.status) {
    json::object status;
    status["code"] = static_cast<std::uint64_t>(facts.status->code);
    status["document_sender"] = facts.status->document_sender.text();
    status["document_id"] = facts.status->document_id.text();
    out["status"] = std::move(status);
  }
  return out;
}

Result<std::vector<BesideFile>> read_beside(const JsonRecord& record) {
  const auto* list = record.members().if_contains("beside");
  if (list == nullptr || !list->is_array()) return malformed_member("beside");
  std::vector<BesideFile> files;
  for (const auto& value : list->get_array()) {
    if (!value.is_object()) return malformed_member("beside");
    const JsonRecord entry(value.get_object());
    TRUC_TRY(auto name, entry.text("name"));
    TRUC_TRY(const auto hex, entry.text("sha256"));
    TRUC_TRY(const auto sha256, Sha256::parse_hex(hex));
    TRUC_TRY(const auto size, entry.number("size"));
    // What stands in the file is written by us, and yet it becomes a path.
    if (safe_file_name(name) != name) return malformed_member("beside.name");
    files.push_back({std::move(name), sha256, size});
  }
  return files;
}

Result<PackageFacts::Status> read_status(const JsonRecord& record) {
  TRUC_TRY(const auto code, record.number("code"));
  TRUC_TRY(const auto sender_text, record.text("document_sender"));
  TRUC_TRY(auto sender, AgencyCode::parse(sender_text));
  TRUC_TRY(const auto id_text, record.text("document_id"));
  TRUC_TRY(auto id, DocumentId::parse(id_text));
  return PackageFacts::Status{.code = static_cast<edxml::StatusCode>(code),
                              .document_sender = std::move(sender),
                              .document_id = std::move(id)};
}

Result<PackageFacts> read_facts(const JsonRecord& record) {
  TRUC_TRY(const auto kind, record.text("kind"));
  if (kind != "document" && kind != "status") return malformed_member("kind");
  TRUC_TRY(const auto sender_text, record.text("sender"));
  TRUC_TRY(auto sender, AgencyCode::parse(sender_text));
  TRUC_TRY(const auto id_text, record.text("document_id"));
  TRUC_TRY(auto id, DocumentId::parse(id_text));
  TRUC_TRY(const auto hex, record.text("sha256"));
  TRUC_TRY(const auto sha256, Sha256::parse_hex(hex));
  TRUC_TRY(const auto size, record.number("size"));
  TRUC_TRY(const auto priority, record.number("priority"));
  if (priority > 4) return malformed_member("priority");
  TRUC_TRY(auto beside, read_beside(record));
  PackageFacts facts{
      .kind = kind == "document" ? edxml::PackageKind::document : edxml::PackageKind::status,
      .sender = std::move(sender),
      .document_id = std::move(id),
      .sha256 = sha256,
      .size = size,
      .priority = static_cast<edxml::Priority>(priority),
      .beside = std::move(beside),
      .status = std::nullopt};
  if (record.has("status")) {
    TRUC_TRY(const auto status, record.record("status"));
    TRUC_TRY(facts.status, read_status(status));
  }
  return facts;
}

Result<Outcome> read_outcome(const JsonRecord& record) {
  Outcome outcome;
  TRUC_TRY(outcome.published_name, record.text("published_name"));
  if (safe_file_name(outcome.published_name) != outcome.published_name)
    return malformed_member("published_name");
  TRUC_TRY(const auto transfer, record.optional_text("transfer"));
  if (transfer) {
    TRUC_TRY(outcome.transfer, TransferId::parse(*transfer));
  }
  TRUC_TRY(outcome.receipt, record.text("receipt"));
  TRUC_TRY(outcome.problem_json, record.text("problem"));
  TRUC_TRY(outcome.refusal_text, record.text("refusal_text"));
  return outcome;
}

json::object outcome_json(const Outcome& outcome) {
  json::object out;
  out["published_name"] = outcome.published_name;
  if (outcome.transfer) out["transfer"] = outcome.transfer->text();
  out["receipt"] = outcome.receipt;
  out["problem"] = outcome.problem_json;
  out["refusal_text"] = outcome.refusal_text;
  return out;
}

// A state without what belongs to it would be acted on wrongly, so it is refused at the border.
Result<void> require_complete(const OutboundItem& item) {
  switch (item.state) {
    case OutboundState::claimed:
      return success();
    case OutboundState::prepared:
      if (!item.facts) return malformed_member("package");
      return success();
    case OutboundState::accepted:
    case OutboundState::registering:
      if (!item.facts) return malformed_member("package");
      if (!item.outcome || !item.outcome->transfer) return malformed_member("outcome");
      if (item.state == OutboundState::registering && !item.registers)
        return malformed_member("registers");
      return success();
    case OutboundState::refused:
      if (!item.outcome) return malformed_member("outcome");
      return success();
  }
  return malformed_member("state");
}

}  // namespace

std::string_view to_text(OutboundState state) {
  switch (state) {
    case OutboundState::claimed:
      return "claimed";
    case OutboundState::prepared:
      return "prepared";
    case OutboundState::accepted:
      return "accepted";
    case OutboundState::registering:
      return "registering";
    case OutboundState::refused:
      return "refused";
  }
  return "unknown";
}

std::string to_json(const OutboundItem& item) {
  json::object out;
  out["truc"] = kVersion;
  out["id"] = item.id;
  out["agency"] = item.agency.text();
  out["name"] = item.name;
  out["form"] = to_text(item.form);
  out["claimed_at"] = to_rfc3339(item.claimed_at);
  out["state"] = to_text(item.state);
  if (item.facts) out["package"] = facts_json(*item.facts);
  if (item.outcome) out["outcome"] = outcome_json(*item.outcome);
  if (item.registers) out["registers"] = item.registers->text();
  return json::serialize(out);
}

Result<OutboundItem> parse_outbound_item(std::string_view text) {
  TRUC_TRY(const auto record, JsonRecord::parse(text));
  TRUC_TRY(const auto version, record.number("truc"));
  if (version != kVersion) return malformed_member("truc");
  TRUC_TRY(auto id, record.text("id"));
  TRUC_TRY(const auto agency_text, record.text("agency"));
  TRUC_TRY(auto agency, AgencyCode::parse(agency_text));
  TRUC_TRY(auto name, record.text("name"));
  TRUC_TRY(const auto form_text, record.text("form"));
  TRUC_TRY(const auto form, parse_drop_form(form_text));
  TRUC_TRY(const auto claimed_text, record.text("claimed_at"));
  TRUC_TRY(const auto claimed_at, parse_rfc3339(claimed_text));
  TRUC_TRY(const auto state_text, record.text("state"));
  TRUC_TRY(const auto state, parse_state(state_text));
  if (form == DropForm::package && classify_drop(name, EntryType::file) != DropVerdict::package)
    return malformed_member("name");

  OutboundItem item{.id = std::move(id),
                    .agency = std::move(agency),
                    .name = std::move(name),
                    .form = form,
                    .claimed_at = claimed_at,
                    .state = state,
                    .facts = std::nullopt,
                    .outcome = std::nullopt,
                    .registers = std::nullopt};
  if (record.has("package")) {
    TRUC_TRY(const auto facts, record.record("package"));
    TRUC_TRY(item.facts, read_facts(facts));
  }
  if (record.has("outcome")) {
    TRUC_TRY(const auto outcome, record.record("outcome"));
    TRUC_TRY(item.outcome, read_outcome(outcome));
  }
  if (record.has("registers")) {
    TRUC_TRY(const auto delivery, record.text("registers"));
    TRUC_TRY(item.registers, DeliveryId::parse(delivery));
  }
  TRUC_TRY(require_complete(item));
  return item;
}

}  // namespace truc::edge
