#include "hub/api/operator_api.hpp"

#include <algorithm>

#include "hub/api/json_text.hpp"
#include "hub/api/routes.hpp"
#include "hub/api/views.hpp"
#include "hub/dashboard/page.hpp"

namespace truc::hub {
namespace {

using channel::Method;
using channel::Request;
using channel::Response;

constexpr std::size_t kLatestDocuments = 50;
constexpr std::chrono::milliseconds kOverviewAgeMax{1'000};

Response page_response(const dashboard::PageFile& file) {
  Response response(200, std::string(file.content_type), std::string(file.bytes));
  response.headers.set("Cache-Control", "no-cache");
  response.headers.set("Content-Security-Policy",
                       "default-src 'none'; script-src 'self'; style-src 'self'; "
                       "connect-src 'self'; img-src data:; base-uri 'none'; "
                       "form-action 'none'; frame-ancestors 'none'");
  response.headers.set("X-Content-Type-Options", "nosniff");
  response.headers.set("Referrer-Policy", "no-referrer");
  return response;
}

Response fresh_response(std::string type, std::string body) {
  Response response(200, std::move(type), std::move(body));
  response.headers.set("Cache-Control", "no-store");
  return response;
}

std::string backups_json(const BackupReport& report) {
  JsonArray backups;
  for (const Backup& backup : report.backups) {
    JsonObject one;
    one.number("id", backup.id).time("at", backup.at).number("bytes", backup.bytes);
    backups.raw(std::move(one).finish());
  }
  JsonObject object;
  object.text("directory", report.directory);
  if (report.running_since) object.time("running_since", *report.running_since);
  if (report.last_failure) {
    JsonObject failed;
    failed.time("at", report.last_failure->at)
        .raw("problem", channel::to_response(report.last_failure->failure).body);
    object.raw("last_failure", std::move(failed).finish());
  }
  object.raw("backups", std::move(backups).finish());
  return std::move(object).finish();
}

std::string backup_summary_json(const BackupReport& report) {
  JsonObject object;
  if (!report.backups.empty()) object.time("made_at", report.backups.back().at);
  if (report.running_since) object.time("running_since", *report.running_since);
  if (report.last_failure) object.time("failed_at", report.last_failure->at);
  return std::move(object).finish();
}

}  // namespace

OperatorApi::OperatorApi(OperatorServices services, HubFacts facts, std::function<void()> sample)
    : services_(services), facts_(std::move(facts)), sample_(std::move(sample)) {}

struct OperatorApi::Route {
  Method method;
  std::string_view path;
  Answer (OperatorApi::*answer)(Request& request);
};

const std::vector<OperatorApi::Route>& OperatorApi::table() {
  static const std::vector<Route> kRoutes = [] {
    std::vector<Route> routes = {
        {Method::get, "/v1/overview", &OperatorApi::shown_overview},
        {Method::get, "/metrics", &OperatorApi::metrics},
        {Method::get, "/v1/health", &OperatorApi::health},
        {Method::get, "/v1/backups", &OperatorApi::shown_backups},
        {Method::post, "/v1/backups", &OperatorApi::ask_for_backup},
    };
    for (const auto& file : dashboard::page_files())
      routes.push_back({Method::get, file.path, &OperatorApi::page});
    return routes;
  }();
  return kRoutes;
}

std::vector<std::string> OperatorApi::routes() {
  return route_texts(std::span(table()));
}

boost::asio::awaitable<Response> OperatorApi::answer(Request& request) {
  if (!request.peer->operator_name) co_return refusal(ErrorCode::identity_refused);
  Result<Response> answer = co_await route(request);
  if (!answer) co_return refusal(answer.error());
  co_return std::move(answer).value();
}

OperatorApi::Answer OperatorApi::route(Request& request) {
  TRUC_CO_TRY(const Route* found, find_route(std::span(table()), request));
  Result<Response> answer = co_await (this->*found->answer)(request);
  co_return answer;
}

OperatorApi::Answer OperatorApi::page(Request& request) {
  for (const auto& file : dashboard::page_files()) {
    if (matches(file.path, request.target.segments)) co_return page_response(file);
  }
  co_return ErrorCode::not_found;
}

OperatorApi::Answer OperatorApi::health(Request&) {
  co_return fresh_response(std::string(channel::kJson), R"({"status":"ok"})");
}

OperatorApi::Answer OperatorApi::metrics(Request&) {
  sample_();
  co_return fresh_response("text/plain; version=0.0.4; charset=utf-8", services_.metrics.text());
}

OperatorApi::Answer OperatorApi::shown_backups(Request&) {
  if (!services_.backup) co_return ErrorCode::backup_not_configured;
  co_return fresh_response(std::string(channel::kJson),
                           backups_json(services_.backup->backups.report()));
}

OperatorApi::Answer OperatorApi::ask_for_backup(Request& request) {
  if (!services_.backup) co_return ErrorCode::backup_not_configured;
  const auto& [backups, operators] = *services_.backup;
  if (std::ranges::find(operators, *request.peer->operator_name) == operators.end())
    co_return Failure(ErrorCode::identity_refused).expected("an operator of backup.operators");
  TRUC_CO_TRY(backups.ask());
  Response response = fresh_response(std::string(channel::kJson), backups_json(backups.report()));
  response.status = 202;
  co_return response;
}

OperatorApi::Answer OperatorApi::shown_overview(Request&) {
  const auto make = [&] { return overview(); };
  Result<std::string> text = co_await services_.readers.run(make);
  if (!text) co_return std::move(text).error();
  co_return fresh_response(std::string(channel::kJson), std::move(text).value());
}

Result<std::string> OperatorApi::overview() {
  const std::lock_guard lock(mutex_);
  const Time now = services_.clock.now();
  if (overview_.empty() || now < overview_at_ || now - overview_at_ >= kOverviewAgeMax) {
    TRUC_TRY(overview_, fresh_overview(now));
    overview_at_ = now;
  }
  return overview_;
}

Result<std::string> OperatorApi::fresh_overview(Time now) {
  const HubProbe& probe = services_.probe;
  JsonObject items;
  items.number("documents", probe.documents())
      .number("statuses", probe.statuses())
      .number("receipts", probe.receipts())
      .number("refused", probe.refusals());
  JsonArray levels;
  for (const Level level : kLevels) {
    JsonObject counts;
    counts.number("level", static_cast<std::uint64_t>(number(level)));
    for (const DeliveryStep step : kDeliverySteps)
      counts.number(to_text(step), probe.deliveries(level, step));
    levels.raw(std::move(counts).finish());
  }
  const auto directory = services_.directory.current();
  TRUC_TRY(const auto summaries, services_.store.latest(kLatestDocuments));
  JsonArray latest;
  for (const TransferSummary& summary : summaries) latest.raw(summary_json(summary, *directory));

  const auto* placement = services_.placement;
  const bool is_serving = placement == nullptr || placement->is_serving();
  JsonObject object;
  object.text("hub", facts_.hub_id)
      .raw("serving", is_serving ? "true" : "false")
      .raw("hubs", hubs_json(placement == nullptr ? std::vector<ServingHub>() : placement->hubs()))
      .text("version", facts_.version)
      .text("fanout", facts_.fanout)
      .time("started_at", facts_.started_at)
      .time("now", now)
      .number("outbox_depth", services_.store.outbox_depth())
      .raw("items", std::move(items).finish())
      .raw("levels", std::move(levels).finish())
      .raw("latest", std::move(latest).finish())
      .raw("adapters", adapters_json(services_.adapters.list()));
  if (services_.backup)
    object.raw("backup", backup_summary_json(services_.backup->backups.report()));
  return std::move(object).finish();
}

}  // namespace truc::hub
