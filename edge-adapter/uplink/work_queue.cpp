#include "edge-adapter/uplink/work_queue.hpp"

#include "edge-adapter/uplink/backoff.hpp"
#include "schemas/base/check.hpp"

namespace truc::edge {

void WorkQueue::add(const std::string& id, edxml::Priority priority) {
  const Rank rank{-static_cast<int>(priority), sequence_};
  if (!items_.emplace(id, Item{.rank = rank, .failures = 0}).second) return;
  ++sequence_;
  ready_.emplace(rank, id);
}

void WorkQueue::wake_due(Instant now) {
  while (!delayed_.empty() && delayed_.begin()->first <= now) {
    const std::string id = delayed_.begin()->second;
    delayed_.erase(delayed_.begin());
    ready_.emplace(items_.at(id).rank, id);
  }
}

std::optional<std::string> WorkQueue::start_next(Instant now) {
  wake_due(now);
  if (ready_.empty()) return std::nullopt;
  if (line() == Line::down && (now < line_until_ || running_ > 0)) return std::nullopt;
  if (running_ >= running_max_) return std::nullopt;
  std::string id = std::move(ready_.begin()->second);
  ready_.erase(ready_.begin());
  ++running_;
  return id;
}

std::optional<WorkQueue::Instant> WorkQueue::next_due() const {
  if (line() == Line::down) {
    if (running_ > 0 || items_.empty()) return std::nullopt;
    if (!ready_.empty() || delayed_.begin()->first < line_until_) return line_until_;
    return delayed_.begin()->first;
  }
  if (running_ >= running_max_ || delayed_.empty()) return std::nullopt;
  return delayed_.begin()->first;
}

void WorkQueue::done(const std::string& id) {
  TRUC_CHECK(items_.erase(id) == 1, "only a running item ends");
  TRUC_CHECK(running_ > 0, "only a running item ends");
  --running_;
}

void WorkQueue::retry(const std::string& id, Instant now, double jitter) {
  TRUC_CHECK(running_ > 0, "only a running item fails");
  Item& item = items_.at(id);
  ++item.failures;
  --running_;
  delayed_.emplace(now + backoff_delay(item.failures, jitter), id);
}

void WorkQueue::put_back(const std::string& id) {
  TRUC_CHECK(running_ > 0, "only a running item is put back");
  --running_;
  ready_.emplace(items_.at(id).rank, id);
}

void WorkQueue::line_failed(Instant now, double jitter) {
  if (line() == Line::down && now < line_until_) return;
  ++line_failures_;
  line_until_ = now + backoff_delay(line_failures_, jitter);
}

}  // namespace truc::edge
