// Takes what stands in one agency's out/ into the spool, and hands it to the outbound pump.
#pragma once

#include <set>
#include <string>

#include "edge-adapter/bridge/drop_folder.hpp"
#include "edge-adapter/uplink/outbound_pump.hpp"

namespace truc::edge {

constexpr auto kRescanEvery = std::chrono::seconds(5);
constexpr std::size_t kDropsPerScanMax = 256;

// One per agency, so that a large drop of one does not hold up another's. On the event loop's one
// thread; `services` and `pump` outlive it.
class Intake {
 public:
  Intake(Services& services, OutboundPump& pump, AgencyCode agency, asio::any_io_executor executor);

  // `name` in out/ is whole; empty: look at everything.
  void notice(const std::string& name);
  // Ends by cancellation only.
  asio::awaitable<Result<void>> run();

 private:
  asio::awaitable<Result<std::size_t>> scan();
  Result<std::optional<OutboundItem>> take(const Drop& drop);
  void report(const std::string& name, const Failure& failure);

  Services& services_;
  OutboundPump& pump_;
  AgencyCode agency_;
  OutboundTask task_;
  Wakeup wakeup_;
  std::set<std::string> finished_;  // names that an event called whole
  std::set<std::string> reported_;  // names whose claim failed: told once
};

}  // namespace truc::edge
