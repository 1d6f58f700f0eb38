// So many at one time: in all, and of each.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include "schemas/base/result.hpp"

namespace truc::channel {

// Any thread; lives longer than its seats.
class Seats {
 public:
  explicit Seats(std::size_t all_max) : all_max_(all_max) {}

  // Given back when it is destroyed.
  class Seat {
   public:
    Seat(Seats& of, std::string whose) : of_(&of), whose_(std::move(whose)) {}
    ~Seat() { of_->give_back(whose_); }
    Seat(const Seat&) = delete;
    Seat& operator=(const Seat&) = delete;

   private:
    Seats* of_;
    std::string whose_;
  };

  // Failure: too_many_connections, when `most` of `whose` or all are taken.
  Result<std::unique_ptr<Seat>> take(std::string whose, std::size_t most);

 private:
  void give_back(const std::string& whose);

  const std::size_t all_max_;
  std::mutex mutex_;  // a leaf; guards what follows
  std::size_t all_ = 0;
  std::unordered_map<std::string, std::size_t> taken_;
};

}  // namespace truc::channel
