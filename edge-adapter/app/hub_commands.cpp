#include <fmt/core.h>

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include "edge-adapter/app/commands.hpp"
#include "edge-adapter/app/exit_status.hpp"
#include "edge-adapter/app/hub_call.hpp"
#include "edge-adapter/spool/json_text.hpp"
#include "pki/channel/tls_context.hpp"

namespace truc::edge {
namespace {

struct Query {
  std::optional<TransferId> transfer;
  std::optional<AgencyCode> sender;
  std::optional<DocumentId> document_id;
};

Result<Query> parse_query(const HistoryOptions& options) {
  Query query;
  if (!options.transfer.empty()) {
    TRUC_TRY(query.transfer, TransferId::parse(options.transfer));
    return query;
  }
  if (options.sender.empty() || options.document_id.empty())
    return Failure(ErrorCode::usage).expected("TRANSFER, or --sender and --document-id");
  TRUC_TRY(query.sender, AgencyCode::parse(options.sender));
  TRUC_TRY(query.document_id, DocumentId::parse(options.document_id));
  return query;
}

std::string member(const JsonRecord& record, std::string_view name) {
  auto text = record.optional_text(name);
  return text && text.value() ? *text.value() : std::string("-");
}

Result<void> print_history(const std::string& json) {
  TRUC_TRY(const auto history, JsonRecord::parse(json));
  fmt::print("transfer  {}\ndocument  {} {}\nsender    {}\naccepted  {}\n",
             member(history, "transfer"), member(history, "document_id"),
             member(history, "notation"), member(history, "sender"),
             member(history, "accepted_at"));
  const auto* deliveries = history.members().if_contains("deliveries");
  if (deliveries == nullptr || !deliveries->is_array()) return malformed_member("deliveries");
  for (const auto& value : deliveries->get_array()) {
    if (!value.is_object()) return malformed_member("deliveries");
    const JsonRecord delivery(value.get_object());
    fmt::print("  {:<35} {:<10} delivered {} registered {}\n", member(delivery, "recipient"),
               member(delivery, "state"), member(delivery, "delivered_at"),
               member(delivery, "registered_at"));
  }
  return success();
}

Result<void> check(const EdgeConfig& config) {
  TRUC_TRY(auto trust, config.load_trust());
  TRUC_TRY(auto identities, load_identities(std::move(trust), config.agency_files()));
  const channel::TlsSettings settings(config.tls_key, config.tls_chain, identities->trust);
  TRUC_TRY(channel::TlsContext::make(settings, channel::TlsRole::client));
  const Time now = SystemClock().now();
  for (const auto& [code, identity] : identities->agencies) {
    TRUC_TRY(identities->trust->check(identity.credential.certificate(),
                                      identity.credential.chain(), pki::Purpose::document_signing,
                                      now));
    fmt::print("{}  certificate until {}\n", code.text(),
               to_national(identity.credential.certificate().not_after()));
  }
  PosixFiles files;
  return prepare_folders(files, config.layout(), config.folders());
}

}  // namespace

int history_command(const EdgeConfig& config, const HistoryOptions& options) {
  const auto query = parse_query(options);
  if (!query) return fail(query.error());
  const auto answer = ask_hub(config, [&](Hub& hub) {
    const Query& asked = query.value();
    return asked.transfer ? hub.history(*asked.transfer)
                          : hub.history(*asked.sender, *asked.document_id);
  });
  if (!answer) return fail(answer.error());
  if (options.form == OutputForm::json) {
    fmt::print("{}\n", answer.value());
    return kExitOk;
  }
  const auto printed = print_history(answer.value());
  return printed ? kExitOk : fail(printed.error());
}

int check_config_command(const EdgeConfig& config) {
  const auto checked = check(config);
  if (!checked) {
    fail(checked.error());
    return checked.error().code() == ErrorCode::file_failed ? kExitUnreachable : kExitUsage;
  }
  fmt::print("ok\n");
  return kExitOk;
}

}  // namespace truc::edge
