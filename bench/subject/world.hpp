// Everything that a run stands on: a nation, an authority, a hub of its own and what it counts.
#pragma once

#include <filesystem>
#include <memory>

#include "bench/load/client_loop.hpp"
#include "bench/load/verdict.hpp"
#include "bench/nation/nation.hpp"
#include "bench/subject/hub_process.hpp"
#include "bench/subject/metrics.hpp"

namespace truc::bench {

struct WorldSettings {
  std::filesystem::path folder;    // made when missing; one folder, one run
  std::filesystem::path programs;  // where truc-hub and truc-pki are
  std::size_t units = kUnitsOf2020;
};

// A resource. One thread.
class World {
 public:
  // Failures: file_failed, internal, peer_unreachable.
  static Result<std::unique_ptr<World>> make(const WorldSettings& settings);

  const Nation& nation() const { return nation_; }
  Authority& authority() { return *authority_; }
  HubProcess& hub() { return *hub_; }
  ClientLoop& loop() { return *loop_; }
  const pki::TrustStore& trust() const { return *trust_; }
  const std::filesystem::path& folder() const { return folder_; }

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

  Nation nation_;
  std::filesystem::path folder_;
  std::unique_ptr<Authority> authority_;
  std::shared_ptr<const pki::TrustStore> trust_;
  std::unique_ptr<HubProcess> hub_;
  std::unique_ptr<ClientLoop> loop_;
  Identity operator_;
  std::optional<ClientLoop::Connection> watch_;
};

// What the hub counted between two readings, put beside what the clients saw.
void add_counted(Observed& observed, const Metrics& before, const Metrics& after);

}  // namespace truc::bench
