#include <fmt/core.h>

#include <boost/asio/io_context.hpp>
#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include "edge-adapter/app/commands.hpp"
#include "edge-adapter/app/exit_status.hpp"
#include "edge-adapter/spool/json_text.hpp"
#include "edge-adapter/uplink/http_hub.hpp"
#include "pki/channel/task_group.hpp"

namespace truc::edge {
namespace {

using Answer = std::optional<Result<std::string>>;

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

// `hub` and `answer` outlive the task: their owner runs the loop until it has ended.
asio::awaitable<Result<void>> ask(Hub& hub, Query query, Answer& answer) {
  auto asking = query.transfer ? hub.history(*query.transfer)
                               : hub.history(*query.sender, *query.document_id);
  auto got = co_await std::move(asking);
  answer.emplace(std::move(got));
  co_return success();
}

Result<std::string> ask_hub(const EdgeConfig& config, const Query& query) {
  TRUC_TRY(auto trust, config.load_trust());
  const channel::TlsSettings settings(config.tls_key, config.tls_chain, std::move(trust));
  TRUC_TRY(auto tls, channel::TlsContext::make(settings, channel::TlsRole::client));
  telemetry::Log log(telemetry::LogLevel::error);
  asio::io_context context(1);
  channel::ClientSettings client_settings(config.hub_host, config.hub_port);
  const auto client = channel::HttpClient::make(context.get_executor(), client_settings, tls);
  HttpHub hub(*client);
  channel::TaskGroup tasks(context.get_executor(), log, 1);
  Answer answer;
  TRUC_TRY(tasks.start("history", ask(hub, query, answer)));
  while (tasks.running() > 0) context.run_one();
  if (!answer) return Failure(ErrorCode::internal);
  return std::move(*answer);
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
  const auto answer = ask_hub(config, query.value());
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
