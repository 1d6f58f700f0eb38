#include "bench/subject/world.hpp"

#include <cmath>
#include <fstream>

#include "schemas/base/problem.hpp"

namespace truc::bench {
namespace {

using namespace std::chrono_literals;

constexpr auto kSettleTimeout = 120s;
constexpr auto kServingTimeout = 60s;
constexpr auto kLookEvery = 50ms;

constexpr std::string_view kDocuments = "truc_hub_ingest_documents_total";
constexpr std::string_view kStatuses = "truc_hub_ingest_statuses_total";
constexpr std::string_view kDeliveries = "truc_hub_deliveries_total";
constexpr std::string_view kServing = "truc_hub_serving";
constexpr std::string_view kMailed = "state=\"mailed\"";

std::uint64_t grown(const Metrics& before, const Metrics& after, std::string_view name,
                    std::string_view label) {
  return static_cast<std::uint64_t>(std::llround(after.sum(name, label) - before.sum(name, label)));
}

// A directory of ours has a line for each unit, and its size says what stands in it.
Result<std::size_t> units_in(const std::filesystem::path& directory) {
  std::ifstream in(directory);
  std::size_t lines = 0;
  for (std::string line; std::getline(in, line);) ++lines;
  if (lines >= kUnitsMin) return lines;
  return Failure(ErrorCode::file_failed)
      .at(directory.string())
      .expected("what truc-bench prepare makes");
}

}  // namespace

std::filesystem::path directory_in(const std::filesystem::path& folder) {
  return folder / "directory.jsonl";
}

std::filesystem::path authority_in(const std::filesystem::path& folder) {
  return folder / "pki";
}

Result<std::unique_ptr<World>> World::make(const WorldSettings& settings) {
  const auto& elsewhere = settings.elsewhere;
  const auto material = elsewhere ? elsewhere->material : settings.folder;
  const auto directory = directory_in(material);
  std::size_t units = settings.units;
  if (elsewhere) {
    TRUC_TRY(units, units_in(directory));
  }
  std::unique_ptr<World> world(new World(units));
  world->folder_ = settings.folder;
  if (!elsewhere) {
    TRUC_TRY(world->nation_.write_directory(directory));
  }
  TRUC_TRY(world->authority_,
           Authority::open(authority_in(material), settings.programs / "truc-pki"));
  TRUC_TRY(world->trust_, world->authority_->trust());
  TRUC_TRY(world->operator_, world->authority_->operator_client());
  if (elsewhere) {
    TRUC_TRY(world->loop_, ClientLoop::make(world->authority_->anchors()));
    world->agencies_ = elsewhere->agencies;
    world->operators_ = elsewhere->operators;
    TRUC_TRY(world->metrics());  // somebody is there
    return world;
  }
  world->hub_settings_ = HubSettings{settings.programs / "truc-hub", settings.folder / "hub",
                                     directory, settings.kafka};
  TRUC_TRY(world->start_hub());
  return world;
}

Result<void> World::start_hub() {
  TRUC_TRY(loop_, ClientLoop::make(authority_->anchors()));
  watch_.reset();
  TRUC_TRY(hub_, HubProcess::start(hub_settings_, *authority_));
  agencies_ = hub_->agencies();
  operators_ = hub_->operators();
  return wait_until_serving();
}

Result<void> World::wait_until_serving() {
  const auto deadline = Steady::now() + kServingTimeout;
  while (true) {  // ends with the hub's word, or the deadline
    TRUC_TRY(const double serving, told(kServing));
    if (serving == 1) return success();
    if (Steady::now() > deadline) {
      return Failure(ErrorCode::peer_unreachable)
          .at("truc-hub")
          .because("it does not serve; its words are in " + hub_settings_.folder.string());
    }
    TRUC_TRY(pause(kLookEvery));
  }
}

bool World::is_hub_up() {
  // One that is being killed has lost its sockets a little before it has ended.
  return (!hub_ || hub_->is_up()) && metrics().has_value();
}

Result<double> World::told(std::string_view name) {
  TRUC_TRY(const auto now, metrics());
  if (now.has(name)) return now.sum(name);
  return Failure(ErrorCode::not_found).at("/metrics").expected(std::string(name));
}

Result<std::chrono::nanoseconds> World::processor_time() {
  if (hub_) return bench::processor_time(hub_->pid());
  TRUC_TRY(const double seconds, told("process_cpu_seconds_total"));
  return std::chrono::round<std::chrono::nanoseconds>(std::chrono::duration<double>(seconds));
}

Result<std::uint64_t> World::resident_bytes() {
  if (hub_) return bench::resident_bytes(hub_->pid());
  TRUC_TRY(const double bytes, told("process_resident_memory_bytes"));
  return static_cast<std::uint64_t>(bytes);
}

Result<std::optional<std::uint64_t>> World::resident_bytes_max() {
  if (!hub_) return std::optional<std::uint64_t>();
  TRUC_TRY(const auto most, bench::resident_bytes_max(hub_->pid()));
  return std::optional(most);
}

Result<std::optional<ThreadTimes>> World::threads() {
  if (!hub_) return std::optional<ThreadTimes>();
  TRUC_TRY(auto times, thread_times(hub_->pid()));
  return std::optional(std::move(times));
}

std::optional<std::uint64_t> World::disk_bytes() const {
  if (!hub_) return std::nullopt;
  return bytes_on_disk(folder_ / "hub/data");
}

Result<Metrics> World::metrics() {
  if (!watch_) watch_ = loop_->connect(operators_, operator_);
  const auto reply = loop_->ask(*watch_, make_request("GET", "/metrics"));
  if (reply && reply.value().status == 200) return Metrics::parse(reply.value().body);
  auto failure = Failure(ErrorCode::peer_unreachable)
                     .at(operators_.address + ':' + std::to_string(operators_.port) + "/metrics");
  return reply ? std::move(failure).found(std::to_string(reply.value().status))
               : std::move(failure).because(to_log_line(reply.error()));
}

Result<Metrics> World::settle(const Metrics& before, std::uint64_t deliveries,
                              std::chrono::milliseconds every) {
  const auto deadline = Steady::now() + kSettleTimeout;
  while (true) {  // ends with the deliveries, or the deadline
    TRUC_TRY(auto now, metrics());
    const bool all = grown(before, now, kDeliveries, kMailed) >= deliveries;
    if (all || Steady::now() > deadline) return now;
    TRUC_TRY(pause(every));
  }
}

Result<void> World::pause(std::chrono::milliseconds time) {
  const auto until = Steady::now() + time;
  return loop_->run_until([&] { return Steady::now() >= until; }, Steady::time_point::max());
}

void add_counted(Observed& observed, const Metrics& before, const Metrics& after) {
  const auto count = [&](std::string_view name, std::string_view label) {
    return grown(before, after, name, label);
  };
  observed.hub_stored += count(kDocuments, "outcome=\"stored\"");
  observed.hub_statuses += count(kStatuses, "outcome=\"stored\"");
  for (const auto kind : {kDocuments, kStatuses}) {
    observed.hub_repeated += count(kind, "outcome=\"repeated\"");
    observed.hub_refused += count(kind, "outcome=\"refused\"");
  }
  observed.deliveries_mailed += count(kDeliveries, kMailed);
}

}  // namespace truc::bench
