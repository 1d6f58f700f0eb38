#include "bench/subject/world.hpp"

#include <cmath>

namespace truc::bench {
namespace {

using namespace std::chrono_literals;

constexpr auto kSettleTimeout = 120s;

constexpr std::string_view kDocuments = "truc_hub_ingest_documents_total";
constexpr std::string_view kStatuses = "truc_hub_ingest_statuses_total";
constexpr std::string_view kDeliveries = "truc_hub_deliveries_total";
constexpr std::string_view kMailed = "state=\"mailed\"";

std::uint64_t grown(const Metrics& before, const Metrics& after, std::string_view name,
                    std::string_view label) {
  return static_cast<std::uint64_t>(std::llround(after.sum(name, label) - before.sum(name, label)));
}

}  // namespace

Result<std::unique_ptr<World>> World::make(const WorldSettings& settings) {
  std::unique_ptr<World> world(new World(settings.units));
  world->folder_ = settings.folder;
  const auto directory = settings.folder / "directory.jsonl";
  TRUC_TRY(world->nation_.write_directory(directory));
  TRUC_TRY(world->authority_,
           Authority::open(settings.folder / "pki", settings.programs / "truc-pki"));
  TRUC_TRY(world->trust_, world->authority_->trust());
  TRUC_TRY(world->operator_, world->authority_->operator_client());
  TRUC_TRY(world->loop_, ClientLoop::make(world->authority_->anchors()));
  const HubSettings hub{settings.programs / "truc-hub", settings.folder / "hub", directory};
  TRUC_TRY(world->hub_, HubProcess::start(hub, *world->authority_));
  return world;
}

Result<Metrics> World::metrics() {
  if (!watch_) watch_ = loop_->connect(hub_->operators(), operator_);
  TRUC_TRY(const auto reply, loop_->ask(*watch_, make_request("GET", "/metrics")));
  if (reply.status == 200) return Metrics::parse(reply.body);
  return Failure(ErrorCode::peer_unreachable).at("/metrics").found(std::to_string(reply.status));
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
