// Everything that a run stands on: a nation, an authority, a hub and what it counts.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>

#include "bench/load/client_loop.hpp"
#include "bench/load/verdict.hpp"
#include "bench/nation/nation.hpp"
#include "bench/subject/hub_process.hpp"
#include "bench/subject/metrics.hpp"
#include "bench/subject/thread_times.hpp"

namespace truc::bench {

// A hub that somebody else has started, from a folder that truc-bench prepare has made.
struct HubElsewhere {
  Endpoint agencies;
  Endpoint operators;
  std::filesystem::path material;
};

struct WorldSettings {
  std::filesystem::path folder;    // made when missing; one folder, one run
  std::filesystem::path programs;  // where truc-hub and truc-pki are
  std::size_t units = kUnitsOf2020;
  std::optional<KafkaLog> kafka = {};          // of a hub of our own
  std::optional<HubElsewhere> elsewhere = {};  // its directory says how many units there are
};

// Where such a folder has the agency directory and the authority.
std::filesystem::path directory_in(const std::filesystem::path& folder);
std::filesystem::path authority_in(const std::filesystem::path& folder);

// A resource. One thread.
class World {
 public:
  // Failures: file_failed, internal, peer_unreachable (also: nothing answers elsewhere, or its
  // brokers do not let a replicated hub serve).
  static Result<std::unique_ptr<World>> make(const WorldSettings& settings);

  const Nation& nation() const { return nation_; }
  Authority& authority() { return *authority_; }
  Endpoint agencies() const { return agencies_; }
  // Of a hub of our own only.
  HubProcess& hub() { return *hub_; }
  ClientLoop& loop() { return *loop_; }
  const pki::TrustStore& trust() const { return *trust_; }
  const std::filesystem::path& folder() const { return folder_; }

  bool is_hub_up();
  // Of a hub of our own: ends it, and starts it again on what it has stored. Its clients connect
  // anew. Failures: those of HubProcess.
  Result<void> stop_hub() { return hub_->stop(); }
  Result<void> start_hub();
  std::filesystem::path store_folder() const { return folder_ / "hub/data/store"; }
  // The hub's own use of its machine, from the system or from what the hub tells. Failures: those
  // of asking; not_found where the hub tells nothing of it.
  Result<std::chrono::nanoseconds> processor_time();
  Result<std::uint64_t> resident_bytes();
  // What cannot be known of a hub elsewhere: nothing. Failure: file_failed.
  Result<std::optional<std::uint64_t>> resident_bytes_max();
  Result<std::optional<ThreadTimes>> threads();
  std::optional<std::uint64_t> disk_bytes() const;

  // What the hub has counted so far. Failures: those of asking.
  Result<Metrics> metrics();
  // Waits until the hub has nothing left to do for what it has accepted: `deliveries` of them came
  // into mailboxes since `before`. Not coming in time is no failure here: the verdict will say so.
  Result<Metrics> settle(const Metrics& before, std::uint64_t deliveries,
                         std::chrono::milliseconds every = std::chrono::milliseconds(50));
  // Lets the clients go on for that long.
  Result<void> pause(std::chrono::milliseconds time);

 private:
  explicit World(std::size_t units) : nation_(units) {}
  Result<void> wait_until_serving();
  Result<double> told(std::string_view name);

  Nation nation_;
  std::filesystem::path folder_;
  std::unique_ptr<Authority> authority_;
  std::shared_ptr<const pki::TrustStore> trust_;
  HubSettings hub_settings_;
  std::unique_ptr<HubProcess> hub_;  // null: it is elsewhere
  Endpoint agencies_;
  Endpoint operators_;
  std::unique_ptr<ClientLoop> loop_;
  Identity operator_;
  std::optional<ClientLoop::Connection> watch_;
};

// What the hub counted between two readings, put beside what the clients saw.
void add_counted(Observed& observed, const Metrics& before, const Metrics& after);

}  // namespace truc::bench
