// Which item goes next, and when: a pure state machine over the caller's clock.
//
//            add              start_next            done
//   (new) ─────────▶ ready ───────────────▶ running ──────▶ (gone)
//                      ▲                       │ retry
//                      └── due ── delayed ◀────┘
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "schemas/edxml/names.hpp"

namespace truc::edge {

// Urgent before normal, then in the order of add(). A failing item waits by itself and holds up no
// other. When the line to the hub is down, everything waits, and one item at a time tries it.
// One thread.
class WorkQueue {
 public:
  using Clock = std::chrono::steady_clock;
  using Instant = Clock::time_point;

  explicit WorkQueue(std::size_t running_max) : running_max_(running_max) {}

  // An id that is known already is left where it is.
  void add(const std::string& id, edxml::Priority priority);
  bool knows(const std::string& id) const { return items_.contains(id); }

  // The next item, now running; nullopt when none may start at this time.
  std::optional<std::string> start_next(Instant now);
  // When start_next is worth asking again because of time alone; nullopt: only after add, done or
  // retry.
  std::optional<Instant> next_due() const;

  void done(const std::string& id);
  // `jitter` in [0, 1).
  void retry(const std::string& id, Instant now, double jitter);
  // Back to its place without blame: the line failed, not the item.
  void put_back(const std::string& id);

  enum class Line : std::uint8_t { up, down };
  Line line() const { return line_failures_ == 0 ? Line::up : Line::down; }
  // Several items that fail over one break of the line count as one failure.
  void line_failed(Instant now, double jitter);
  void line_worked() { line_failures_ = 0; }

  std::size_t size() const { return items_.size(); }
  std::size_t running() const { return running_; }
  std::size_t ready() const { return ready_.size(); }

 private:
  // Most urgent first, then oldest.
  using Rank = std::pair<int, std::uint64_t>;
  struct Item {
    Rank rank;
    int failures = 0;
  };
  void wake_due(Instant now);

  std::size_t running_max_;
  std::size_t running_ = 0;
  std::uint64_t sequence_ = 0;
  std::map<std::string, Item> items_;
  std::map<Rank, std::string> ready_;
  std::set<std::pair<Instant, std::string>> delayed_;
  int line_failures_ = 0;
  Instant line_until_{};
};

}  // namespace truc::edge
