#include "edge-adapter/app/daemon.hpp"

#include <sys/stat.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

#include <csignal>
#include <deque>

#include "edge-adapter/app/exit_status.hpp"
#include "edge-adapter/app/intake.hpp"
#include "edge-adapter/bridge/drop_watcher.hpp"
#include "edge-adapter/uplink/http_hub.hpp"
#include "edge-adapter/uplink/hubs.hpp"
#include "edge-adapter/uplink/inbound_pump.hpp"
#include "schemas/base/limits.hpp"

namespace truc::edge {
namespace {

constexpr std::size_t kWorkers = 4;
constexpr std::size_t kWorkQueueMax = 4'096;
// Transfers of both ways, the poll and one to spare; below kConnectionsPerSystemMax.
constexpr std::size_t kConnections = kOutboundAtOnce + kInboundAtOnce + 2;
static_assert(kConnections <= limits::kConnectionsPerSystemMax);
// All of them may tell the hub something in one request.
static_assert(kOutboundAtOnce + kInboundAtOnce <= pki::kConfirmationsMax);
// Revocation lists are renewed on the disk by others; nobody has to tell us.
constexpr auto kReloadEvery = std::chrono::minutes(5);
constexpr auto kNewsEvery = std::chrono::seconds(1);  // what the network brings counts at once

Result<std::shared_ptr<const Identities>> read_identities(const EdgeConfig& config,
                                                          channel::TrustKeeper& keeper) {
  TRUC_TRY(auto trust, keeper.load());
  return load_identities(std::move(trust), config.agency_files());
}

class Daemon {
 public:
  Daemon(asio::io_context& context, const EdgeConfig& config, telemetry::Log& log,
         std::unique_ptr<SpoolLock> lock, channel::TrustKeeper& trust,
         std::shared_ptr<const Identities> identities, edxml::Rules rules,
         std::shared_ptr<channel::TlsContext> tls)
      : context_(context),
        config_(config),
        log_(log),
        lock_(std::move(lock)),
        trust_(trust),
        rules_(std::move(rules)),
        identities_(std::move(identities)),
        tls_(std::move(tls)),
        signals_(context, SIGTERM, SIGINT, SIGHUP),
        reload_timer_(context) {
    const auto connect = [this](const HubAddress& address) {
      channel::ClientSettings settings(address.host, address.port);
      settings.connections_max = kConnections;
      return channel::HttpClient::make(context_.get_executor(), std::move(settings), tls_);
    };
    hubs_ = std::make_unique<Hubs>(config.hubs, connect, log);
    hub_ = std::make_unique<HttpHub>(*hubs_);
    confirmations_ = std::make_unique<Confirmations>(*hub_);
    services_.emplace(Services{.files = files_,
                               .outbound = outbound_,
                               .inbound = inbound_,
                               .ledger = ledger_,
                               .sent_index = sent_index_,
                               .preparer = preparer_,
                               .rules = rules_,
                               .identities = identities_,
                               .hub = *hub_,
                               .confirmations = *confirmations_,
                               .pool = pool_,
                               .clock = clock_,
                               .log = log_,
                               .hub_id = config.hub_id});
  }

  Result<void> start() {
    outbound_pump_.emplace(*services_, tasks_, context_.get_executor());
    inbound_pump_.emplace(*services_, tasks_, context_.get_executor());
    TRUC_TRY(recover());
    TRUC_TRY(tasks_.start("outbound", guard("outbound", outbound_pump_->run())));
    TRUC_TRY(tasks_.start("inbound", guard("inbound", inbound_pump_->run())));
    TRUC_TRY(start_intakes());
    wait_for_signal();
    schedule_reload();
    log_.info("edge.started", {{"hub", config_.hubs.front().text()},
                               {"agencies", std::uint64_t{config_.agencies.size()}},
                               {"outbound_items", std::uint64_t{outbound_pump_->size()}}});
    return success();
  }

  // Returns when a signal or a failed part asked to stop.
  int run() {
    while (!stopping_) context_.run_one();
    stop();
    return status_;
  }

 private:
  Result<void> recover() {
    TRUC_TRY(auto outbound, outbound_.recover());
    for (const auto& id : outbound.unreadable)
      log_.error("outbound.unreadable", {{"folder", layout_.outbound(id)}});
    for (auto& item : outbound.items) outbound_pump_->add(std::move(item));
    TRUC_TRY(auto sealed, inbound_.recover(clock_.now()));
    for (auto& item : sealed) inbound_pump_->add(std::move(item));
    return success();
  }

  Result<void> start_intakes() {
    auto watcher = DropWatcher::make(context_.get_executor());
    if (!watcher) log_.warn("outbound.no_events", {{"failure", watcher.error()}});
    for (const auto& agency : config_.agencies) {
      Intake& intake =
          intakes_.emplace_back(*services_, *outbound_pump_, agency.code, context_.get_executor());
      if (watcher) {
        const auto watched =
            watcher.value()->watch(AgencyFolders(agency.folder).out(),
                                   [&intake](const std::string& name) { intake.notice(name); });
        if (!watched) log_.warn("outbound.no_events", {{"failure", watched.error()}});
      }
      TRUC_TRY(tasks_.start("intake", guard("intake", intake.run())));
    }
    if (watcher) {
      watcher_ = std::move(watcher).value();
      // Without events the rescan goes on, so this one may end.
      TRUC_TRY(tasks_.start("watcher", watcher_->run()));
    }
    return success();
  }

  // A part that ends by itself leaves an adapter that only looks alive.
  asio::awaitable<Result<void>> guard(std::string name, asio::awaitable<Result<void>> task) {
    auto outcome = co_await std::move(task);
    if (!stopping_) {
      log_.error("edge.part_ended", {{"part", name}});
      status_ = kExitUnreachable;
      stopping_ = true;
    }
    co_return outcome;
  }

  void wait_for_signal() {
    signals_.async_wait([this](const boost::system::error_code& error, int number) {
      if (error) return;
      if (number != SIGHUP) {
        log_.info("edge.stopping", {{"signal", number}});
        stopping_ = true;
        return;
      }
      reload();
      wait_for_signal();
    });
  }

  void schedule_reload() {
    reload_timer_.expires_after(kNewsEvery);
    reload_timer_.async_wait([this](const boost::system::error_code& error) {
      if (error) return;
      const bool is_time = std::chrono::steady_clock::now() - reloaded_at_ >= kReloadEvery;
      if (is_time || trust_.has_news()) reload();
      schedule_reload();
    });
  }

  // All or nothing: what cannot be read leaves everything as it was. A few small files, so it is
  // done on the loop.
  void reload() {
    reloaded_at_ = std::chrono::steady_clock::now();
    auto next = read_identities(config_, trust_);
    if (!next) {
      log_.error("edge.reload_failed", {{"failure", next.error()}});
      return;
    }
    const channel::TlsSettings settings(config_.tls_key, config_.tls_chain, next.value()->trust);
    if (const auto reloaded = tls_->reload(settings); !reloaded) {
      log_.error("edge.reload_failed", {{"failure", reloaded.error()}});
      return;
    }
    identities_.replace(std::move(next).value());
    log_.debug("edge.reloaded");
  }

  void stop() {
    signals_.cancel();
    reload_timer_.cancel();
    tasks_.cancel();
    const auto deadline = std::chrono::steady_clock::now() + limits::kShutdownTimeout;
    while (tasks_.running() > 0 && std::chrono::steady_clock::now() < deadline)
      context_.run_one_for(std::chrono::milliseconds(100));
    if (tasks_.running() > 0) {
      // Nothing is lost by it: every step is durable. But the tasks borrow from what would now be
      // destroyed.
      log_.error("edge.stop_timed_out", {{"tasks", std::uint64_t{tasks_.running()}}});
      log_.flush();
      std::_Exit(kExitUnreachable);
    }
    log_.info("edge.stopped");
  }

  asio::io_context& context_;
  const EdgeConfig& config_;
  telemetry::Log& log_;
  std::unique_ptr<SpoolLock> lock_;
  channel::TrustKeeper& trust_;
  SystemClock clock_;
  PosixFiles files_;
  SpoolLayout layout_{config_.layout()};
  SentIndex sent_index_{files_, layout_};
  Ledger ledger_{files_, layout_};
  OutboundStore outbound_{files_, layout_, config_.folders(), sent_index_};
  InboundStore inbound_{files_, layout_, config_.folders()};
  edxml::Rules rules_;
  IdentityBook identities_;
  Preparer preparer_{files_, rules_, identities_, clock_};
  std::shared_ptr<channel::TlsContext> tls_;
  std::unique_ptr<Hubs> hubs_;
  std::unique_ptr<HttpHub> hub_;
  std::unique_ptr<Confirmations> confirmations_;
  channel::WorkerPool pool_{kWorkers, kWorkQueueMax};
  std::optional<Services> services_;
  channel::TaskGroup tasks_{context_.get_executor(), log_,
                            config_.agencies.size() + kOutboundAtOnce + kInboundAtOnce + 8};
  std::optional<OutboundPump> outbound_pump_;
  std::optional<InboundPump> inbound_pump_;
  std::deque<Intake> intakes_;
  std::unique_ptr<DropWatcher> watcher_;
  asio::signal_set signals_;
  asio::steady_timer reload_timer_;
  std::chrono::steady_clock::time_point reloaded_at_ = std::chrono::steady_clock::now();
  bool stopping_ = false;
  int status_ = kExitOk;
};

// What has to work before the daemon exists; the first failure says which part.
Result<int> start_and_run(const EdgeConfig& config, telemetry::Log& log) {
  PosixFiles files;
  TRUC_TRY(prepare_folders(files, config.layout(), config.folders()));
  TRUC_TRY(auto lock, SpoolLock::take(config.layout()));
  const SystemClock clock;
  TRUC_TRY(const auto trust,
           channel::TrustKeeper::open(config.trust, config.revocation_folder(), clock, log));
  TRUC_TRY(auto identities, read_identities(config, *trust));
  TRUC_TRY(auto rules, edxml::Rules::load());
  const channel::TlsSettings settings(config.tls_key, config.tls_chain, identities->trust);
  TRUC_TRY(auto tls, channel::TlsContext::make(settings, channel::TlsRole::client));
  // One thread runs the loop; the pumps rely on it.
  asio::io_context context(1);
  Daemon daemon(context, config, log, std::move(lock), *trust, std::move(identities),
                std::move(rules), std::move(tls));
  TRUC_TRY(daemon.start());
  return daemon.run();
}

}  // namespace

int run_daemon(EdgeConfig config) {
  ::umask(0077);
  telemetry::Log log(config.log_level);
  const auto status = start_and_run(config, log);
  if (status) return status.value();
  log.error("edge.cannot_start", {{"failure", status.error()}});
  log.flush();
  return status.error().code() == ErrorCode::file_failed ? kExitUnreachable : kExitUsage;
}

}  // namespace truc::edge
