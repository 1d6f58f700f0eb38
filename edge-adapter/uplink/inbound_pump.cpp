#include "edge-adapter/uplink/inbound_pump.hpp"

#include <algorithm>

#include "edge-adapter/uplink/backoff.hpp"
#include "schemas/base/limits.hpp"

namespace truc::edge {
namespace {

// One document for one agency is worked on once at a time, under whatever delivery it comes: two
// deliveries of it must not both find the ledger empty.
std::string id_of(const ReceivedKey& key) {
  std::string id = key.sender.text();
  id += '\0';
  id += key.document_id.text();
  id += '\0';
  id += key.recipient.text();
  return id;
}

std::string id_of(const delivery::DeliveryRecord& record) {
  if (record.kind == delivery::ItemKind::receipt) return record.delivery.text();
  return id_of(ReceivedKey{
      .sender = record.sender, .document_id = record.document_id, .recipient = record.recipient});
}

constexpr int kChangingCounts = 2;  // failures: a second's pause

bool is_changing(const Failure& failure) {
  return failure.code() == ErrorCode::served_elsewhere || failure.code() == ErrorCode::cut_off;
}

}  // namespace

InboundPump::InboundPump(Services& services, channel::TaskGroup& tasks,
                         asio::any_io_executor executor)
    : services_(services), tasks_(tasks), task_(services), wakeup_(std::move(executor)) {}

double InboundPump::jitter() {
  return std::uniform_real_distribution<double>(0.0, 1.0)(random_) * 0.999;
}

void InboundPump::add(const std::string& id, edxml::Priority priority, Work work) {
  if (!work_.emplace(id, std::move(work)).second) return;
  queue_.add(id, priority);
}

void InboundPump::add(SealedItem item) {
  const std::string id = id_of(item.record.key);
  add(id, edxml::Priority::normal, std::move(item));
}

Result<void> InboundPump::start_ready() {
  const auto now = WorkQueue::Clock::now();
  while (const auto id = queue_.start_next(now)) {
    auto started = tasks_.start("inbound", drive(*id));
    if (!started) {
      queue_.put_back(*id);
      return started;
    }
  }
  return success();
}

asio::awaitable<Result<void>> InboundPump::run() {
  while (true) {
    auto started = start_ready();
    if (!started) co_return started;
    const auto now = WorkQueue::Clock::now();
    // What a page brought is worked off before the next one: the list would be the same.
    if (queue_.ready() > 0 && queue_.line() == WorkQueue::Line::up) {
      co_await wakeup_.wait_until(now + kRepollAfter);
      if (queue_.ready() >= limits::kMailboxPageMax) continue;
    }
    auto added = co_await poll();
    if (!added && added.error().code() == ErrorCode::cancelled) co_return std::move(added).error();
    if (!added) {
      if (poll_failures_ == 0) services_.log.warn("uplink.down", {{"failure", added.error()}});
      ++poll_failures_;
      // Whoever serves us next will say so within seconds.
      if (is_changing(added.error())) poll_failures_ = std::min(poll_failures_, kChangingCounts);
      // Not the wakeup: what ends in between does not bring the hub back.
      const auto until = WorkQueue::Clock::now() + backoff_delay(poll_failures_, jitter());
      while (WorkQueue::Clock::now() < until) co_await wakeup_.wait_until(until);
      continue;
    }
    if (poll_failures_ > 0) services_.log.info("uplink.up");
    poll_failures_ = 0;
    queue_.line_worked();
    started = start_ready();
    if (!started) co_return started;
    const bool idle = queue_.size() == 0 && set_aside_ == 0;
    if (added.value() == 0 && !idle)
      co_await wakeup_.wait_until(WorkQueue::Clock::now() + kRepollAfter);
  }
}

asio::awaitable<Result<std::size_t>> InboundPump::poll() {
  const bool idle = queue_.size() == 0 && set_aside_ == 0;
  const auto wait = idle ? std::chrono::seconds(kLongPoll) : std::chrono::seconds(0);
  // Not what is being worked on once more; and after a failure as little as can be.
  const std::size_t items = idle && poll_failures_ == 0 ? kPageItemsBytes : 0;
  auto page = co_await services_.hub.mailbox(wait, limits::kMailboxPageMax, items);
  if (!page) co_return std::move(page).error();
  auto taken = co_await take(std::move(page).value());
  co_return taken;
}

asio::awaitable<Result<std::size_t>> InboundPump::take(MailboxPage page) {
  for (const auto& failure : page.malformed)
    services_.log.error("inbound.entry_malformed", {{"failure", failure}});
  auto filter = [this, &page]() -> Result<std::size_t> {
    std::vector<MailboxEntry> wanted;
    std::size_t aside = page.malformed.size();
    for (auto& entry : page.entries) {
      TRUC_TRY(const auto kept, services_.inbound.find_quarantined(entry.record.delivery));
      if (kept)
        ++aside;
      else
        wanted.push_back(std::move(entry));
    }
    page.entries = std::move(wanted);
    return aside;
  };
  auto aside = co_await services_.pool.run(std::move(filter));
  if (!aside) co_return std::move(aside).error();
  set_aside_ = aside.value();
  std::size_t added = 0;
  for (auto& entry : page.entries) {
    const std::string id = id_of(entry.record);
    if (queue_.knows(id)) continue;
    const auto priority = entry.record.priority;
    add(id, priority, std::move(entry));
    ++added;
  }
  co_return added;
}

asio::awaitable<Result<void>> InboundPump::drive(std::string id) {
  // A copy: a failure leaves the work as it was, to be done again from its start.
  Work work = work_.at(id);
  auto running = std::holds_alternative<SealedItem>(work)
                     ? task_.finish(std::get<SealedItem>(std::move(work)))
                     : task_.run(std::get<MailboxEntry>(std::move(work)));
  auto outcome = co_await std::move(running);
  settle(id, outcome);
  wakeup_.notify();
  co_return success();
}

void InboundPump::settle(const std::string& id, const Result<void>& outcome) {
  if (outcome) {
    queue_.done(id);
    work_.erase(id);
    return;
  }
  const auto now = WorkQueue::Clock::now();
  if (trouble_of(outcome.error()) == Trouble::line) {
    queue_.line_failed(now, jitter());
    queue_.put_back(id);
    return;
  }
  services_.log.warn("inbound.retry", {{"failure", outcome.error()}});
  queue_.retry(id, now, jitter());
}

}  // namespace truc::edge
