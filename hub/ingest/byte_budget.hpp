// A bound on the bytes of bodies that stand in memory at one time, over all requests.
#pragma once

#include <atomic>
#include <cstddef>
#include <optional>
#include <utility>

namespace truc::hub {

// Any thread; lives longer than its shares.
class ByteBudget {
 public:
  // A part of the budget, given back at the end of its life. Movable only.
  class Share {
   public:
    Share(Share&& other) noexcept
        : budget_(std::exchange(other.budget_, nullptr)), bytes_(other.bytes_) {}
    Share& operator=(Share&&) = delete;
    ~Share() {
      if (budget_ != nullptr) budget_->free_ += bytes_;
    }

   private:
    friend class ByteBudget;
    Share(ByteBudget& budget, std::size_t bytes) : budget_(&budget), bytes_(bytes) {}
    ByteBudget* budget_;
    std::size_t bytes_;
  };

  explicit ByteBudget(std::size_t bytes) : free_(bytes) {}

  // nullopt when so much is not free now; nobody waits.
  std::optional<Share> take(std::size_t bytes) {
    std::size_t free = free_.load();
    while (free >= bytes) {
      if (free_.compare_exchange_weak(free, free - bytes)) return Share(*this, bytes);
    }
    return std::nullopt;
  }

  std::size_t free() const { return free_; }

 private:
  std::atomic<std::size_t> free_;
};

}  // namespace truc::hub
