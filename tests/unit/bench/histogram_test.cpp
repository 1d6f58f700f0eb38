#include "bench/load/histogram.hpp"

#include <catch2/catch.hpp>

using namespace truc::bench;
using namespace std::chrono_literals;

namespace {

Histogram of(std::initializer_list<Nanoseconds> values) {
  Histogram histogram;
  for (const Nanoseconds value : values) histogram.record(value);
  return histogram;
}

}  // namespace

TEST_CASE("an empty histogram has no percentiles", "[bench][histogram]") {
  const Histogram histogram;
  CHECK(histogram.count() == 0);
  CHECK(histogram.percentile(99) == 0ns);
  CHECK(histogram.mean() == 0ns);
  CHECK(histogram.buckets().empty());
}

TEST_CASE("a percentile is a value that was recorded, within a hundredth", "[bench][histogram]") {
  Histogram histogram;
  for (int i = 1; i <= 1'000; ++i) histogram.record(std::chrono::microseconds(i));
  for (const int percent : {1, 10, 50, 90, 99}) {
    const Nanoseconds exact = std::chrono::microseconds(percent * 10);
    const auto found = histogram.percentile(percent);
    CHECK(found >= exact);
    CHECK(found <= exact + exact / 100);
  }
  CHECK(histogram.percentile(100) == 1ms);
  CHECK(histogram.max() == 1ms);
}

TEST_CASE("one slow answer among a hundred is the highest percentile alone", "[bench][histogram]") {
  Histogram histogram;
  for (int i = 0; i < 99; ++i) histogram.record(1ms);
  histogram.record(1s);
  CHECK(histogram.percentile(99) < 2ms);
  CHECK(histogram.percentile(99.9) == 1s);
  CHECK(histogram.mean() == Nanoseconds(99 * 1ms + 1s) / 100);
}

TEST_CASE("small values are exact and large ones keep their magnitude", "[bench][histogram]") {
  for (const Nanoseconds value : {0ns, 1ns, 255ns, 256ns, 257ns, 65'535ns, 65'536ns}) {
    const auto [upper, count] = of({value}).buckets().at(0);
    CHECK(count == 1);
    CHECK(upper >= value);
    CHECK(upper - value <= value / 128);
  }
  const Nanoseconds hours = 100h;
  CHECK(of({hours}).percentile(50) == hours);
}

TEST_CASE("a time before the beginning counts as none", "[bench][histogram]") {
  CHECK(of({-5ms}).percentile(50) == 0ns);
}

TEST_CASE("merged histograms count as one", "[bench][histogram]") {
  auto histogram = of({1ms, 2ms});
  histogram.merge(of({3s}));
  histogram.merge(Histogram());
  CHECK(histogram.count() == 3);
  CHECK(histogram.max() == 3s);
  CHECK(histogram.percentile(100) == 3s);
  CHECK(histogram.mean() == (1ms + 2ms + 3s) / 3);
}
