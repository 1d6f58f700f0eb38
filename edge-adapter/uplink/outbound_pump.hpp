// Keeps outbound items moving: a bounded number at once, urgent first, each retried by itself.
#pragma once

#include <map>
#include <random>
#include <string>

#include "edge-adapter/uplink/outbound_task.hpp"
#include "edge-adapter/uplink/wakeup.hpp"
#include "edge-adapter/uplink/work_queue.hpp"
#include "pki/channel/task_group.hpp"
#include "schemas/base/limits.hpp"

namespace truc::edge {

constexpr std::size_t kOutboundAtOnce = 4;

// All of it on the event loop's one thread. `services` and `tasks` outlive it; tasks are joined
// before it is destroyed.
class OutboundPump {
 public:
  OutboundPump(Services& services, channel::TaskGroup& tasks, asio::any_io_executor executor,
               std::size_t items_max = limits::kSpoolItemsMax);

  void add(OutboundItem item);
  std::size_t size() const { return queue_.size(); }
  // May more be taken into the spool? Failure: spool_full.
  Result<void> require_room() const;
  // Ends by cancellation only.
  asio::awaitable<Result<void>> run();

 private:
  asio::awaitable<Result<void>> drive(std::string id);
  void settle(const std::string& id, const Result<void>& outcome);
  double jitter();

  Services& services_;
  channel::TaskGroup& tasks_;
  std::size_t items_max_;
  OutboundTask task_;
  Wakeup wakeup_;
  WorkQueue queue_{kOutboundAtOnce};
  std::map<std::string, OutboundItem> items_;
  std::mt19937 random_{std::random_device{}()};
};

}  // namespace truc::edge
