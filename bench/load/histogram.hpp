// A log-linear histogram of durations: every value keeps two significant digits (an error of at
// most 1/128), from a nanosecond to hours, in a few kilobytes.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace truc::bench {

using Nanoseconds = std::chrono::nanoseconds;

inline double milliseconds(Nanoseconds time) {
  return std::chrono::duration<double, std::milli>(time).count();
}

class Histogram {
 public:
  // What is below zero counts as zero.
  void record(Nanoseconds value);
  void merge(const Histogram& other);

  std::uint64_t count() const { return count_; }
  // Of an empty histogram: zero.
  Nanoseconds mean() const;
  Nanoseconds max() const { return max_; }
  // The smallest recorded value, to the histogram's precision, that at least `percent` per cent of
  // all values do not exceed; 0 < percent <= 100.
  Nanoseconds percentile(double percent) const;

  struct Bucket {
    Nanoseconds upper;  // the largest value that it holds
    std::uint64_t count = 0;
  };
  // Those that hold something, in order.
  std::vector<Bucket> buckets() const;

 private:
  static std::size_t index_of(std::uint64_t value);
  static std::uint64_t upper_of(std::size_t index);

  std::vector<std::uint64_t> counts_;  // as long as the largest value needs
  std::uint64_t count_ = 0;
  Nanoseconds sum_{0};
  Nanoseconds max_{0};
};

}  // namespace truc::bench
