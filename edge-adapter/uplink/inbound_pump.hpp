// Empties the mailbox: one poll after the other, a bounded number of deliveries at once.
#pragma once

#include <map>
#include <random>
#include <string>
#include <variant>

#include "edge-adapter/uplink/inbound_task.hpp"
#include "edge-adapter/uplink/wakeup.hpp"
#include "edge-adapter/uplink/work_queue.hpp"
#include "pki/channel/task_group.hpp"
#include "schemas/base/limits.hpp"

namespace truc::edge {

constexpr std::size_t kInboundAtOnce = 8;  // most need no request of their own but share one
constexpr auto kLongPoll = std::chrono::seconds(25);
// Documents that come with a page, together: with the receipts beside them some seconds of a poor
// line.
constexpr std::size_t kPageItemsBytes = 128 * limits::kKiB;
// The hub lists an entry until it is acknowledged, so while entries are in work (or in quarantine)
// a long poll would return at once: the mailbox is then looked at in this rhythm.
constexpr auto kRepollAfter = std::chrono::seconds(2);

// All of it on the event loop's one thread. `services` and `tasks` outlive it; tasks are joined
// before it is destroyed.
class InboundPump {
 public:
  InboundPump(Services& services, channel::TaskGroup& tasks, asio::any_io_executor executor);

  // A sealed item found at start.
  void add(SealedItem item);
  // Ends by cancellation only.
  asio::awaitable<Result<void>> run();

 private:
  using Work = std::variant<MailboxEntry, SealedItem>;

  Result<void> start_ready();
  asio::awaitable<Result<std::size_t>> poll();
  asio::awaitable<Result<std::size_t>> take(MailboxPage page);
  asio::awaitable<Result<void>> drive(std::string id);
  void settle(const std::string& id, const Result<void>& outcome);
  void add(const std::string& id, edxml::Priority priority, Work work);
  double jitter();

  Services& services_;
  channel::TaskGroup& tasks_;
  InboundTask task_;
  Wakeup wakeup_;
  WorkQueue queue_{kInboundAtOnce};
  std::map<std::string, Work> work_;
  int poll_failures_ = 0;
  std::size_t set_aside_ = 0;  // listed entries that stand in quarantine
  std::mt19937 random_{std::random_device{}()};
};

}  // namespace truc::edge
