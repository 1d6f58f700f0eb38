#include "edge-adapter/app/hub_call.hpp"

#include <boost/asio/io_context.hpp>

#include "edge-adapter/uplink/http_hub.hpp"
#include "edge-adapter/uplink/hubs.hpp"
#include "pki/channel/task_group.hpp"

namespace truc::edge {
namespace {

using Answer = std::optional<Result<std::string>>;

// `hub` and `answer` outlive the task: their owner runs the loop until it has ended.
asio::awaitable<Result<void>> ask(Hub& hub, HubQuestion question, Answer& answer) {
  auto got = co_await question(hub);
  answer.emplace(std::move(got));
  co_return success();
}

}  // namespace

Result<std::string> ask_hub(const EdgeConfig& config, HubQuestion question) {
  TRUC_TRY(auto trust, config.load_trust());
  const channel::TlsSettings settings(config.tls_key, config.tls_chain, std::move(trust));
  TRUC_TRY(auto tls, channel::TlsContext::make(settings, channel::TlsRole::client));
  telemetry::Log log(telemetry::LogLevel::error);
  asio::io_context context(1);
  Hubs hubs(
      config.hubs,
      [&](const HubAddress& address) {
        return channel::HttpClient::make(context.get_executor(), {address.host, address.port}, tls);
      },
      log);
  HttpHub hub(hubs);
  channel::TaskGroup tasks(context.get_executor(), log, 1);
  Answer answer;
  TRUC_TRY(tasks.start("hub", ask(hub, std::move(question), answer)));
  while (tasks.running() > 0) context.run_one();
  if (!answer) return Failure(ErrorCode::internal);
  return std::move(*answer);
}

}  // namespace truc::edge
