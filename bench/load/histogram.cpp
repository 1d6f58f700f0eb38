#include "bench/load/histogram.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

#include "schemas/base/check.hpp"

namespace truc::bench {
namespace {

// Values below kLinear have a bucket each; above, every doubling has kLinear / 2 of them.
constexpr std::uint64_t kLinear = 256;
constexpr int kLinearBits = 8;
constexpr std::uint64_t kHalf = kLinear / 2;

}  // namespace

std::size_t Histogram::index_of(std::uint64_t value) {
  const int shift = std::max(0, static_cast<int>(std::bit_width(value)) - kLinearBits);
  return static_cast<std::size_t>(static_cast<std::uint64_t>(shift) * kHalf + (value >> shift));
}

std::uint64_t Histogram::upper_of(std::size_t index) {
  if (index < kLinear) return index;
  const std::uint64_t shift = index / kHalf - 1;
  const std::uint64_t lower = (index - shift * kHalf) << shift;
  return lower + (std::uint64_t{1} << shift) - 1;
}

void Histogram::record(Nanoseconds value) {
  const Nanoseconds counted = std::max(value, Nanoseconds::zero());
  const std::size_t index = index_of(static_cast<std::uint64_t>(counted.count()));
  if (index >= counts_.size()) counts_.resize(index + 1);
  ++counts_[index];
  ++count_;
  sum_ += counted;
  max_ = std::max(max_, counted);
}

void Histogram::merge(const Histogram& other) {
  counts_.resize(std::max(counts_.size(), other.counts_.size()));
  for (std::size_t i = 0; i < other.counts_.size(); ++i) counts_[i] += other.counts_[i];
  count_ += other.count_;
  sum_ += other.sum_;
  max_ = std::max(max_, other.max_);
}

Nanoseconds Histogram::mean() const {
  return count_ == 0 ? Nanoseconds::zero() : sum_ / static_cast<std::int64_t>(count_);
}

Nanoseconds Histogram::percentile(double percent) const {
  TRUC_CHECK(percent > 0 && percent <= 100, "a percentile is a share of all values");
  const double exact = std::ceil(percent / 100 * static_cast<double>(count_));
  const std::uint64_t wanted = std::max<std::uint64_t>(1, static_cast<std::uint64_t>(exact));
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    seen += counts_[i];
    if (seen >= wanted) return std::min(Nanoseconds(static_cast<std::int64_t>(upper_of(i))), max_);
  }
  return Nanoseconds::zero();
}

std::vector<Histogram::Bucket> Histogram::buckets() const {
  std::vector<Bucket> held;
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    if (counts_[i] == 0) continue;
    held.push_back(Bucket{Nanoseconds(static_cast<std::int64_t>(upper_of(i))), counts_[i]});
  }
  return held;
}

}  // namespace truc::bench
