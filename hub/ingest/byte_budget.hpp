// A bound on the bytes of bodies that stand in memory at one time: over all requests, and of each
// who sends them.
#pragma once

#include <cstddef>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

namespace truc::hub {

// Any thread; lives longer than its shares.
class ByteBudget {
 public:
  // A part of the budget, given back at the end of its life. Movable only.
  class Share {
   public:
    Share(Share&& other) noexcept
        : budget_(std::exchange(other.budget_, nullptr)),
          whose_(std::move(other.whose_)),
          bytes_(other.bytes_) {}
    Share& operator=(Share&&) = delete;
    ~Share() {
      if (budget_ != nullptr) budget_->give_back(whose_, bytes_);
    }

   private:
    friend class ByteBudget;
    Share(ByteBudget& budget, std::string whose, std::size_t bytes)
        : budget_(&budget), whose_(std::move(whose)), bytes_(bytes) {}
    ByteBudget* budget_;
    std::string whose_;
    std::size_t bytes_;
  };

  ByteBudget(std::size_t bytes, std::size_t bytes_of_each)
      : bytes_of_each_(bytes_of_each), free_(bytes) {}

  // nullopt when so much is not free now, in all or of `whose`; nobody waits.
  std::optional<Share> take(std::string whose, std::size_t bytes) {
    const std::lock_guard lock(mutex_);
    const auto taken = taken_.try_emplace(whose, 0).first;
    const bool fits = bytes <= free_ && bytes <= bytes_of_each_ - taken->second;
    if (fits) {
      free_ -= bytes;
      taken->second += bytes;
    }
    if (taken->second == 0) taken_.erase(taken);
    if (!fits) return std::nullopt;
    return Share(*this, std::move(whose), bytes);
  }

  std::size_t free() const {
    const std::lock_guard lock(mutex_);
    return free_;
  }

 private:
  void give_back(const std::string& whose, std::size_t bytes) {
    const std::lock_guard lock(mutex_);
    free_ += bytes;
    const auto taken = taken_.find(whose);
    if (taken == taken_.end()) return;  // it was a share of nothing
    taken->second -= bytes;
    if (taken->second == 0) taken_.erase(taken);
  }

  const std::size_t bytes_of_each_;
  mutable std::mutex mutex_;  // a leaf; guards what follows
  std::size_t free_;
  std::unordered_map<std::string, std::size_t> taken_;
};

}  // namespace truc::hub
