#include "edge-adapter/uplink/work_queue.hpp"

#include <catch2/catch.hpp>

#include "edge-adapter/uplink/backoff.hpp"
#include "schemas/base/limits.hpp"

namespace truc::edge {
namespace {

using namespace std::chrono_literals;
using edxml::Priority;

const WorkQueue::Instant kStart{};

}  // namespace

TEST_CASE("the delay doubles from the least to the most", "[edge][retry]") {
  CHECK(backoff_delay(1, 0.0) == 500ms);
  CHECK(backoff_delay(2, 0.0) == 1s);
  CHECK(backoff_delay(7, 0.0) == 32s);
  CHECK(backoff_delay(8, 0.0) == 60s);
  CHECK(backoff_delay(1'000'000, 0.0) == 60s);
}

TEST_CASE("jitter takes at most half of a delay away", "[edge][retry]") {
  const int failures = GENERATE(1, 3, 8, 50);
  const auto full = backoff_delay(failures, 0.0);
  CHECK(backoff_delay(failures, 0.999) >= full / 2);
  CHECK(backoff_delay(failures, 0.5) < full);
}

TEST_CASE("urgent items overtake, equal ones keep their order", "[edge][retry]") {
  WorkQueue queue(4);
  queue.add("first", Priority::normal);
  queue.add("second", Priority::normal);
  queue.add("urgent", Priority::immediate);
  CHECK(queue.start_next(kStart) == "urgent");
  CHECK(queue.start_next(kStart) == "first");
  CHECK(queue.start_next(kStart) == "second");
}

TEST_CASE("no more run at once than allowed", "[edge][retry]") {
  WorkQueue queue(2);
  for (const char* id : {"a", "b", "c"}) queue.add(id, Priority::normal);
  queue.start_next(kStart);
  queue.start_next(kStart);
  CHECK_FALSE(queue.start_next(kStart));
  CHECK_FALSE(queue.next_due());
  queue.done("a");
  CHECK(queue.start_next(kStart) == "c");
}

TEST_CASE("an item that is known is not queued twice", "[edge][retry]") {
  WorkQueue queue(4);
  queue.add("a", Priority::normal);
  queue.start_next(kStart);
  queue.add("a", Priority::immediate);
  CHECK_FALSE(queue.start_next(kStart));
  CHECK(queue.size() == 1);
}

TEST_CASE("a failing item waits by itself and holds up no other", "[edge][retry]") {
  WorkQueue queue(1);
  queue.add("bad", Priority::immediate);
  queue.add("good", Priority::normal);
  REQUIRE(queue.start_next(kStart) == "bad");
  queue.retry("bad", kStart, 0.0);
  CHECK(queue.start_next(kStart) == "good");
  queue.done("good");
  CHECK(queue.next_due() == kStart + 500ms);
  CHECK_FALSE(queue.start_next(kStart + 499ms));
  CHECK(queue.start_next(kStart + 500ms) == "bad");
  queue.retry("bad", kStart + 500ms, 0.0);
  CHECK(queue.next_due() == kStart + 1500ms);
}

TEST_CASE("without a line everything waits, and one item tries it", "[edge][retry]") {
  WorkQueue queue(4);
  for (const char* id : {"a", "b", "c"}) queue.add(id, Priority::normal);
  queue.start_next(kStart);
  queue.start_next(kStart);
  queue.line_failed(kStart, 0.0);
  queue.put_back("a");
  queue.line_failed(kStart, 0.0);  // the same break, met by the other
  queue.put_back("b");
  CHECK_FALSE(queue.start_next(kStart));
  CHECK(queue.next_due() == kStart + 500ms);
  REQUIRE(queue.start_next(kStart + 500ms) == "a");
  CHECK_FALSE(queue.start_next(kStart + 500ms));
  queue.line_worked();
  queue.done("a");
  CHECK(queue.start_next(kStart + 500ms) == "b");
  CHECK(queue.start_next(kStart + 500ms) == "c");
}

TEST_CASE("an item that the line failed is not to blame", "[edge][retry]") {
  WorkQueue queue(1);
  queue.add("a", Priority::normal);
  auto now = kStart;
  for (int i = 0; i < 10; ++i) {
    REQUIRE(queue.start_next(now) == "a");
    queue.line_failed(now, 0.0);
    queue.put_back("a");
    now = *queue.next_due();
  }
  CHECK(now > kStart + 2min);
  queue.line_worked();
  CHECK(queue.start_next(now) == "a");
  queue.retry("a", now, 0.0);
  CHECK(queue.next_due() == now + 500ms);
}

}  // namespace truc::edge
