#include "edge-adapter/uplink/outbound_pump.hpp"

namespace truc::edge {
namespace {

constexpr auto kIdleWait = std::chrono::hours(1);  // add() and settle() end it early

}  // namespace

OutboundPump::OutboundPump(Services& services, channel::TaskGroup& tasks,
                           asio::any_io_executor executor, std::size_t items_max)
    : services_(services),
      tasks_(tasks),
      items_max_(items_max),
      task_(services),
      wakeup_(std::move(executor)) {}

Result<void> OutboundPump::require_room() const {
  if (queue_.size() < items_max_) return success();
  return Failure(ErrorCode::spool_full)
      .expected("fewer than " + std::to_string(items_max_) + " items under way")
      .found(std::to_string(queue_.size()));
}

double OutboundPump::jitter() {
  return std::uniform_real_distribution<double>(0.0, 1.0)(random_) * 0.999;
}

void OutboundPump::add(OutboundItem item) {
  const auto priority = item.facts ? item.facts->priority : edxml::Priority::normal;
  queue_.add(item.id, priority);
  const std::string id = item.id;
  items_.emplace(id, std::move(item));
  wakeup_.notify();
}

asio::awaitable<Result<void>> OutboundPump::run() {
  while (true) {
    const auto now = WorkQueue::Clock::now();
    while (const auto id = queue_.start_next(now)) {
      const auto started = tasks_.start("outbound", drive(*id));
      if (!started) {
        queue_.put_back(*id);
        co_return started;  // the group stops, or its size is wrong: either way nothing moves
      }
    }
    co_await wakeup_.wait_until(queue_.next_due().value_or(now + kIdleWait));
  }
}

asio::awaitable<Result<void>> OutboundPump::drive(std::string id) {
  auto outcome = co_await task_.run(items_.at(id));
  settle(id, outcome);
  wakeup_.notify();
  co_return success();
}

void OutboundPump::settle(const std::string& id, const Result<void>& outcome) {
  const auto now = WorkQueue::Clock::now();
  const bool line_trouble = !outcome && trouble_of(outcome.error()) == Trouble::line;
  if (!line_trouble && queue_.line() == WorkQueue::Line::down) {
    queue_.line_worked();
    services_.log.info("uplink.sending_again");
  }
  if (outcome) {
    queue_.done(id);
    items_.erase(id);
    return;
  }
  if (line_trouble) {
    const bool stopping = outcome.error().code() == ErrorCode::cancelled;
    if (!stopping && queue_.line() == WorkQueue::Line::up)
      services_.log.warn("uplink.waiting_to_send",
                         {{"failure", outcome.error()}, {"items", std::uint64_t{queue_.size()}}});
    queue_.line_failed(now, jitter());
    queue_.put_back(id);
    return;
  }
  services_.log.warn("outbound.retry",
                     {{"name", items_.at(id).name}, {"failure", outcome.error()}});
  queue_.retry(id, now, jitter());
}

}  // namespace truc::edge
