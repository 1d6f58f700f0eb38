#include "bench/subject/stages.hpp"

#include <unistd.h>

#include <catch2/catch.hpp>

#include "bench/subject/thread_times.hpp"

using namespace truc::bench;
using namespace std::chrono_literals;

namespace {

double us_of(const std::vector<Stage>& stages, const std::string& name) {
  const auto found = std::ranges::find(stages, name, &Stage::name);
  REQUIRE(found != stages.end());
  return found->us;
}

}  // namespace

TEST_CASE("the verifying threads' time divides as admitting does, and nothing is lost",
          "[bench][stages]") {
  const ThreadTimes before{{"network", 5ms}, {"verify", 1ms}};
  const ThreadTimes after{{"network", 15ms}, {"verify", 41ms}, {"store", 6ms}, {"rocksdb", 2ms},
                          {"fanout", 4ms},   {"journal", 2ms}, {"kafka", 1ms}};
  const AdmissionCost admission{
      .parse = 10, .schema = 5, .canonicalise = 5, .verify = 10, .receipt = 8, .route = 2};
  const auto stages = divide(before, after, 70ms, admission, 1'000);
  CHECK(us_of(stages, "TLS and HTTP") == Approx(10));
  CHECK(us_of(stages, "parse") == Approx(10));
  CHECK(us_of(stages, "route") == Approx(2));
  CHECK(us_of(stages, "store") == Approx(8));
  CHECK(us_of(stages, "fan-out") == Approx(7));
  CHECK(us_of(stages, "rest") == Approx(5));
  double shares = 0;
  for (const Stage& stage : stages) shares += stage.share;
  CHECK(shares == Approx(1));
}

TEST_CASE("a hub that did nothing has stages without time", "[bench][stages]") {
  for (const Stage& stage : divide({}, {}, 0ns, AdmissionCost{}, 1)) {
    CHECK(stage.us == 0);
    CHECK(stage.share == 0);
  }
}

TEST_CASE("a process's threads are found by name", "[bench][stages]") {
  CHECK(thread_times(getpid()).value().size() == 1);
  CHECK_FALSE(thread_times(-1));
}
