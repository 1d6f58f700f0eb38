#include "hub/app/hub.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include <algorithm>
#include <filesystem>
#include <future>
#include <thread>
#include <vector>

#include "hub/api/agency_api.hpp"
#include "hub/api/operator_api.hpp"
#include "hub/app/event_log.hpp"
#include "hub/app/gauges.hpp"
#include "hub/app/listener_probe.hpp"
#include "hub/app/materials.hpp"
#include "hub/app/process_usage.hpp"
#include "hub/app/run_file.hpp"
#include "hub/app/thread_name.hpp"
#include "hub/fanout/relay.hpp"
#include "hub/journal/replicator.hpp"
#include "hub/mailbox/feeder.hpp"
#include "hub/store/backup_thread.hpp"
#include "hub/store/rocks_store.hpp"
#include "pki/channel/http_server.hpp"
#include "schemas/base/version.hpp"

namespace truc::hub {
namespace {

const SystemClock kClock;
constexpr std::chrono::hours kStaleUploadsEvery{1};
constexpr std::string_view kRelayDuty = "relay";
constexpr std::chrono::minutes kTrustEvery{5};  // fresh revocation lists need no signal

DatabaseSettings database_settings(const HubConfig& config, telemetry::Log& log) {
  DatabaseSettings settings;
  settings.log = &log;
  settings.directory = std::filesystem::path(config.data) / "store";
  settings.write_buffer_bytes = config.store.write_buffer_mib * limits::kMiB;
  settings.block_cache_bytes = config.store.block_cache_mib * limits::kMiB;
  settings.wal_damage =
      config.store.wal_damage == StoreConfig::WalDamage::cut ? WalDamage::cut : WalDamage::refuse;
  return settings;
}

BackupSettings backup_settings(const HubConfig& config) {
  BackupSettings settings;
  settings.directory = config.backup.directory;
  settings.hub = config.id;
  settings.keep = static_cast<std::uint32_t>(config.backup.keep);
  settings.bytes_per_second = config.backup.mib_per_second * limits::kMiB;
  return settings;
}

Result<void> make_data_folder(const std::string& path) {
  std::error_code error;
  if (std::filesystem::create_directories(path, error)) {
    std::filesystem::permissions(path, std::filesystem::perms::owner_all, error);
  }
  if (error) return Failure(ErrorCode::file_failed).at(path).because(error.message());
  return success();
}

boost::asio::awaitable<void> stop_into(channel::HttpServer& server,
                                       std::promise<Result<void>>& ended) {
  Result<void> outcome = co_await server.stop();
  ended.set_value(std::move(outcome));
}

}  // namespace

// In the order of construction; destroyed from the last to the first.
struct Hub::Parts {
  Parts(HubConfig settings, telemetry::Log& events, Materials materials)
      : config(std::move(settings)),
        log(events),
        directory(std::move(materials.directory)),
        trust_keeper(std::move(materials.trust_keeper)),
        trust(std::move(materials.trust)),
        signer(std::move(materials.signer)) {}

  bool has_log() const { return config.fanout.kind == FanoutConfig::Kind::kafka; }
  bool is_replicated() const { return config.fanout.is_replicated(); }
  Result<void> open_store();
  Result<void> make_domain();
  Result<void> listen();
  void make_backups();
  void start_workers();
  void start_fanout();
  void join();
  void start_backups();
  void add_gauges();
  void add_backup_gauges();
  void add_journal_gauges();
  double backup_age();
  std::uint64_t revocation_age();
  std::uint64_t late_authorities();
  void mailed(const std::vector<MailedDelivery>& deliveries);
  Result<void> use_trust(std::shared_ptr<const pki::TrustStore> next);
  Result<void> reload();
  void refresh_trust();
  void remove_stale_uploads();
  void stop_server(channel::HttpServer& server, std::string_view listener);

  HubConfig config;
  telemetry::Log& log;
  const SystemClock& clock = kClock;
  const Time started_at = clock.now();
  telemetry::Metrics metrics;
  HubProbe probe{metrics};
  ListenerProbe agency_probe{metrics, "agency"};
  ListenerProbe operator_probe{metrics, "operator"};
  Gauges gauges{metrics};
  DirectorySnapshot directory;
  std::unique_ptr<channel::TrustKeeper> trust_keeper;
  TrustSnapshot trust;
  SignerSnapshot signer;

  MailboxSignals signals;
  AdaptersOnline adapters{clock};
  TransferIds ids{clock};

  // With Kafka only; else null.
  EventLog event_log;
  std::unique_ptr<Replicator> replicator;  // of several hubs

  std::unique_ptr<Database> database;
  std::unique_ptr<RocksStore> store;
  std::unique_ptr<BackupThread> backups;  // null where no folder is configured
  // With Kafka only; else null.
  std::unique_ptr<Relay> relay;
  std::unique_ptr<Feeder> feeder;  // not of several hubs: the journal fills the mailboxes

  std::unique_ptr<Admission> admission;
  std::unique_ptr<RecipientReceipts> receipts;
  std::unique_ptr<channel::WorkerPool> verifiers;
  std::unique_ptr<channel::WorkerPool> readers;
  std::unique_ptr<AgencyApi> agency_api;
  std::unique_ptr<OperatorApi> operator_api;

  // Destroyed before everything that a request which outstays the stop may still refer to.
  boost::asio::io_context loop;
  std::shared_ptr<channel::TlsContext> tls;
  std::unique_ptr<channel::HttpServer> agency_server;
  std::unique_ptr<channel::HttpServer> operator_server;
  std::optional<RunFile> run_file;

  using WorkGuard = boost::asio::executor_work_guard<boost::asio::io_context::executor_type>;
  std::optional<WorkGuard> work;
  std::vector<std::thread> loop_threads;
  // By a clock that nobody sets: revocation lists are read again also when the wall's falls back.
  using Steady = std::chrono::steady_clock;
  Steady::time_point stale_uploads_at = Steady::now();
  Steady::time_point trust_at = Steady::now();
};

Result<void> Hub::Parts::open_store() {
  if (has_log()) {
    const ThreadName name("kafka");
    TRUC_TRY(event_log, open_event_log(config.fanout, log));
  }
  if (is_replicated()) {
    ReplicatorSettings settings{.hub = config.id, .run = ids.next().text()};
    replicator = std::make_unique<Replicator>(*event_log.journal, std::move(settings), log,
                                              [this] { signals.wake_all(); });
  }
  const ThreadName name("store");
  TRUC_TRY(database, Database::open(database_settings(config, log)));
  StoreSettings settings;
  settings.log_name = event_log_name(config.fanout);
  settings.journal = replicator.get();
  settings.mailed = [this](const std::vector<MailedDelivery>& deliveries) { mailed(deliveries); };
  TRUC_TRY(store, RocksStore::open(*database, clock, log, std::move(settings)));
  return success();
}

Result<void> Hub::Parts::make_domain() {
  const AdmissionServices shared(directory, trust, *store, ids, clock);
  TRUC_TRY(auto rules, edxml::Rules::load());
  admission = std::make_unique<Admission>(shared, std::move(rules), signer, config.id);
  receipts = std::make_unique<RecipientReceipts>(shared);
  start_workers();
  AgencyServices for_agencies(shared, *admission, *receipts, signals, *verifiers, *readers,
                              adapters, probe);
  for_agencies.placement = replicator.get();
  agency_api = std::make_unique<AgencyApi>(for_agencies);
  make_backups();
  OperatorServices services(directory, *store, *readers, adapters, probe, metrics, clock);
  services.placement = replicator.get();
  if (backups) services.backup.emplace(*backups, config.backup.operators);
  HubFacts facts{config.id, std::string(version()), has_log() ? "kafka" : "embedded", started_at};
  operator_api =
      std::make_unique<OperatorApi>(services, std::move(facts), [this] { gauges.sample(); });
  add_gauges();
  return success();
}

void Hub::Parts::make_backups() {
  if (config.backup.directory.empty()) return;
  backups = std::make_unique<BackupThread>(backup_settings(config), config.backup.every, *database,
                                           clock, log);
}

void Hub::Parts::start_workers() {
  {
    const ThreadName name("verify");
    verifiers = std::make_unique<channel::WorkerPool>(config.verifiers, limits::kVerifyQueueMax,
                                                      limits::kVerifyQueuePerSystemMax);
  }
  const ThreadName name("read");
  readers = std::make_unique<channel::WorkerPool>(config.readers, limits::kConnectionsMax);
}

void Hub::Parts::start_fanout() {
  if (!has_log()) return;
  const ThreadName name("fanout");
  if (is_replicated()) {
    const auto is_ours = [this] { return replicator->has_duty(kRelayDuty); };
    relay = std::make_unique<Relay>(*store, *event_log.writer, log, RetryPauses(), is_ours);
    relay->start();
    return;
  }
  relay = std::make_unique<Relay>(*store, *event_log.writer, log);
  feeder = std::make_unique<Feeder>(
      *event_log.reader, *store, log,
      [this](const std::vector<MailedDelivery>& deliveries) { mailed(deliveries); });
  relay->start();
  feeder->start();
}

// When the listeners can be reached: the others lead adapters here from then on.
void Hub::Parts::join() {
  if (!replicator) return;
  const ThreadName name("journal");
  const auto& listener = config.agency_listener;
  const auto reached = listener.address + ":" + std::to_string(agency_server->port());
  replicator->start(*store, config.advertised.empty() ? reached : config.advertised);
}

void Hub::Parts::start_backups() {
  if (!backups) return;
  const ThreadName name("backup");
  backups->start();
}

std::uint64_t Hub::Parts::revocation_age() {
  const Time now = clock.now();
  std::chrono::seconds age{0};
  for (const auto& one : trust.current()->standing())
    age = std::max(age, std::chrono::floor<std::chrono::seconds>(now - one.issued));
  return static_cast<std::uint64_t>(age.count());
}

// Of a hub that should have one and has none: since 1970.
double Hub::Parts::backup_age() {
  if (!backups) return 0;
  const auto good = backups->report().backups;
  const Time newest = good.empty() ? Time() : good.back().at;
  return std::max(0.0, std::chrono::duration<double>(clock.now() - newest).count());
}

std::uint64_t Hub::Parts::late_authorities() {
  const Time now = clock.now();
  const auto standing = trust.current()->standing();
  return static_cast<std::uint64_t>(std::ranges::count_if(
      standing, [now](const pki::RevocationStanding& one) { return one.next_update < now; }));
}

void Hub::Parts::mailed(const std::vector<MailedDelivery>& deliveries) {
  std::vector<AgencyCode> recipients;
  recipients.reserve(deliveries.size());
  for (const MailedDelivery& delivery : deliveries) {
    recipients.push_back(delivery.recipient);
    if (delivery.kind != delivery::ItemKind::receipt) probe.mailed(delivery.level);
  }
  signals.notify(recipients);
}

void Hub::Parts::add_backup_gauges() {
  gauges.level("truc_hub_backup_age_seconds",
               "Age of the newest backup; 0 where no folder is configured.",
               [this] { return backup_age(); });
  gauges.total("truc_hub_backups_total", "Backups made and compared.",
               [this] { return backups ? backups->report().made : 0; });
  gauges.total("truc_hub_backup_failures_total", "Backups that failed; the earlier ones stay.",
               [this] { return backups ? backups->report().failed : 0; });
}

void Hub::Parts::add_journal_gauges() {
  gauges.level("truc_hub_serving", "1 while this hub may serve; of several hubs, see members.",
               [this] { return !replicator || replicator->is_serving() ? 1 : 0; });
  gauges.level("truc_hub_members", "Hubs that serve, as the journal says; 0 for a hub alone.",
               [this] { return replicator ? replicator->hubs().size() : 0; });
  gauges.level("truc_hub_journal_lag", "Entries of the journal that are not applied here yet.",
               [this] {
                 if (!replicator) return std::int64_t{0};
                 const auto& counters = replicator->counters();
                 return std::max<std::int64_t>(0, counters.end - counters.next);
               });
  gauges.total("truc_hub_journal_applied_total", "Entries of the journal that were applied.",
               [this] { return replicator ? replicator->counters().applied.load() : 0; });
  gauges.total("truc_hub_journal_failures_total",
               "Failures to read or apply the journal; it is tried again.",
               [this] { return replicator ? replicator->failures() : 0; });
}

void Hub::Parts::add_gauges() {
  add_backup_gauges();
  add_journal_gauges();
  gauges.total("process_cpu_seconds_total", "User and system time of the process.",
               [] { return processor_seconds(); });
  gauges.level("process_resident_memory_bytes", "Memory of the process that is resident.",
               [] { return static_cast<double>(resident_bytes()); });
  gauges.level("truc_hub_outbox_entries", "Accepted items that are not yet in the event log.",
               [this] { return store->outbox_depth(); });
  gauges.level("truc_hub_mailbox_waiters", "Long polls that wait for an entry.",
               [this] { return signals.subscriptions(); });
  gauges.level("truc_hub_verify_queue", "Packages that wait for a verifying thread.",
               [this] { return verifiers->waiting(); });
  gauges.level("truc_hub_read_queue", "Requests that wait for a reading thread.",
               [this] { return readers->waiting(); });
  gauges.level("truc_hub_body_bytes", "Bytes of bodies in memory, received and sent.", [this] {
    return limits::kEnvelopeBytesInFlightMax - agency_api->free_body_bytes();
  });
  gauges.level("truc_hub_directory_agencies", "Agencies in the directory.",
               [this] { return directory.current()->size(); });
  gauges.level("truc_hub_revocation_age_seconds",
               "Age of the oldest among the newest revocation lists of all authorities.",
               [this] { return revocation_age(); });
  gauges.level("truc_hub_revocation_late", "Authorities whose newest list is past its nextUpdate.",
               [this] { return late_authorities(); });
  gauges.total("truc_hub_revocation_fetches_total",
               "Revocation lists and responders' answers fetched.",
               [this] { return trust_keeper->fetched(); });
  gauges.total("truc_hub_revocation_fetch_failures_total",
               "Fetches of lists and answers that failed; what was known stays.",
               [this] { return trust_keeper->failed(); });
  gauges.total("truc_hub_commit_groups_total", "Writes to the store, each with one fsync at most.",
               [this] { return store->counters().groups.load(); });
  gauges.total("truc_hub_commit_changes_total", "Changes that those writes held.",
               [this] { return store->counters().changes.load(); });
  gauges.total("truc_hub_commit_failures_total", "Writes that failed.",
               [this] { return store->counters().failed_groups.load(); });
  gauges.total("truc_hub_relay_records_total", "Records appended to the event log.",
               [this] { return relay ? relay->counters().records.load() : 0; });
  gauges.total("truc_hub_relay_failures_total", "Appends that failed and were tried again.",
               [this] { return relay ? relay->failures() : 0; });
  gauges.total("truc_hub_feeder_records_total", "Records read from the event log.",
               [this] { return feeder ? feeder->counters().records.load() : 0; });
  gauges.total("truc_hub_feeder_malformed_total", "Records that no mailbox could take.",
               [this] { return feeder ? feeder->counters().malformed.load() : 0; });
  gauges.total("truc_hub_feeder_gaps_total", "Places where the event log had lost records.",
               [this] { return feeder ? feeder->counters().gaps.load() : 0; });
}

Result<void> Hub::Parts::listen() {
  TRUC_TRY(tls, channel::TlsContext::make(tls_settings(config, trust.current()),
                                          channel::TlsRole::server));
  const channel::ServerSettings for_agencies(config.agency_listener.address,
                                             config.agency_listener.port);
  TRUC_TRY(agency_server,
           channel::HttpServer::listen(
               loop, for_agencies, tls,
               [this](channel::Request& request) { return agency_api->answer(request); }, log,
               agency_probe));
  const channel::ServerSettings for_operators(config.operator_listener.address,
                                              config.operator_listener.port);
  TRUC_TRY(operator_server,
           channel::HttpServer::listen(
               loop, for_operators, tls,
               [this](channel::Request& request) { return operator_api->answer(request); }, log,
               operator_probe));
  work.emplace(boost::asio::make_work_guard(loop));
  const ThreadName name("network");
  for (std::size_t i = 0; i < config.event_loops; ++i)
    loop_threads.emplace_back([this] { loop.run(); });
  return success();
}

void Hub::Parts::stop_server(channel::HttpServer& server, std::string_view listener) {
  std::promise<Result<void>> ended;
  auto outcome = ended.get_future();
  boost::asio::co_spawn(loop, stop_into(server, ended), [&ended](std::exception_ptr error) {
    if (error) ended.set_exception(error);
  });
  const Result<void> stopped = outcome.get();
  if (!stopped) log.warn("hub.stop_late", {{"listener", listener}, {"failure", stopped.error()}});
}

Hub::Hub(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Result<std::unique_ptr<Hub>> Hub::start(HubConfig config, telemetry::Log& log) {
  TRUC_TRY(make_data_folder(config.data));
  TRUC_TRY(auto materials, load_materials(config, kClock, log));
  auto parts = std::make_unique<Parts>(std::move(config), log, std::move(materials));
  TRUC_TRY(parts->open_store());
  TRUC_TRY(parts->make_domain());
  std::unique_ptr<Hub> hub(new Hub(std::move(parts)));
  Parts& running = *hub->parts_;
  // From here on threads run: a failure goes through stop(), which takes what has been started.
  running.start_fanout();
  running.start_backups();
  auto listening = running.listen();
  if (listening) {
    auto run_file = RunFile::write(running.config.data, running.config.id,
                                   running.agency_server->port(), running.operator_server->port());
    if (run_file) {
      running.run_file.emplace(std::move(run_file).value());
    } else {
      listening = std::move(run_file).error();
    }
  }
  if (!listening) {
    hub->stop();
    return std::move(listening).error();
  }
  running.join();
  log.info("hub.ready", {{"hub", running.config.id},
                         {"version", version()},
                         {"agency_address", running.config.agency_listener.address},
                         {"agency_port", int{running.agency_server->port()}},
                         {"operator_address", running.config.operator_listener.address},
                         {"operator_port", int{running.operator_server->port()}},
                         {"agencies", std::uint64_t{running.directory.current()->size()}}});
  return hub;
}

Hub::~Hub() = default;

// Of two that belong together both are replaced, or none.
Result<void> Hub::Parts::use_trust(std::shared_ptr<const pki::TrustStore> next) {
  TRUC_TRY(tls->reload(tls_settings(config, next)));
  trust.replace(std::move(next));
  trust_at = Steady::now();
  return success();
}

// Everything is read before anything is replaced.
Result<void> Hub::Parts::reload() {
  TRUC_TRY(auto next_directory, Directory::load(config.directory));
  TRUC_TRY(auto next_trust, trust_keeper->load());
  TRUC_TRY(auto next_signer, load_signer(config, *next_trust, clock.now(), log));
  TRUC_TRY(use_trust(std::move(next_trust)));
  directory.replace(std::move(next_directory));
  signer.replace(std::move(next_signer));
  return success();
}

void Hub::Parts::refresh_trust() {
  trust_at = Steady::now();
  auto next = trust_keeper->load();
  const Result<void> used =
      next ? use_trust(std::move(next).value()) : Result<void>(std::move(next).error());
  if (!used) log.error("hub.reload_failed", {{"failure", used.error()}});
}

void Hub::Parts::remove_stale_uploads() {
  stale_uploads_at = Steady::now();
  const auto removed = store->remove_stale_uploads(clock.now());
  if (!removed) {
    log.warn("uploads.failed", {{"failure", removed.error()}});
  } else if (removed.value() > 0) {
    log.info("uploads.removed", {{"count", std::uint64_t{removed.value()}}});
  }
}

void Hub::reload() {
  const Result<void> done = parts_->reload();
  if (!done) {
    parts_->log.error("hub.reload_failed", {{"failure", done.error()}});
    return;
  }
  parts_->log.info("hub.reloaded",
                   {{"agencies", std::uint64_t{parts_->directory.current()->size()}}});
}

void Hub::tend() {
  const auto now = std::chrono::steady_clock::now();
  const bool is_time = now - parts_->trust_at >= kTrustEvery;
  if (is_time || parts_->trust_keeper->has_news()) parts_->refresh_trust();
  if (now - parts_->stale_uploads_at >= kStaleUploadsEvery) parts_->remove_stale_uploads();
}

std::uint16_t Hub::agency_port() const {
  return parts_->agency_server->port();
}
std::uint16_t Hub::operator_port() const {
  return parts_->operator_server->port();
}

void Hub::stop() {
  Parts& parts = *parts_;
  parts.log.info("hub.stopping");
  parts.run_file.reset();
  if (parts.backups) parts.backups->stop();
  if (parts.replicator) parts.replicator->leave();
  parts.signals.stop();
  if (!parts.loop_threads.empty()) {
    parts.stop_server(*parts.agency_server, "agency");
    parts.stop_server(*parts.operator_server, "operator");
  }
  if (parts.feeder) parts.feeder->stop();
  if (parts.relay) {
    parts.event_log.writer->stop();
    parts.relay->stop();
  }
  if (parts.replicator) parts.replicator->stop();
  parts.store->stop();
  parts.verifiers.reset();
  parts.readers.reset();
  parts.work.reset();
  parts.loop.stop();
  for (std::thread& thread : parts.loop_threads) thread.join();
  parts.loop_threads.clear();
  parts.log.info("hub.stopped");
}

Result<void> check_hub(const HubConfig& config) {
  TRUC_TRY(Directory::load(config.directory));
  if (!config.backup.directory.empty()) {
    TRUC_TRY(find_backups(config.backup.directory));
  }
  const Time now = SystemClock().now();
  TRUC_TRY(auto trust, channel::load_kept_trust(config.trust, config.revocation_folder(), now));
  telemetry::Log log(config.log_level);
  TRUC_TRY(load_signer(config, *trust, now, log));
  TRUC_TRY(channel::TlsContext::make(tls_settings(config, trust), channel::TlsRole::server));
  return success();
}

}  // namespace truc::hub
