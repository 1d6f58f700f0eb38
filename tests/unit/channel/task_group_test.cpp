#include "pki/channel/task_group.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <catch2/catch.hpp>

#include <atomic>
#include <stdexcept>

#include "tests/unit/channel/loop.hpp"

namespace truc::channel {
namespace {

using namespace std::chrono_literals;

struct Fixture {
  Loop loop;
  telemetry::Log log{telemetry::LogLevel::error};
};

asio::awaitable<Result<void>> wait_for_ever(std::atomic<int>& started) {
  asio::steady_timer timer(co_await asio::this_coro::executor);
  timer.expires_at(asio::steady_timer::time_point::max());
  ++started;
  co_await timer.async_wait(asio::use_awaitable);
  co_return success();
}

asio::awaitable<Result<void>> count(std::atomic<int>& ended) {
  co_await asio::post(asio::use_awaitable);
  ++ended;
  co_return success();
}

asio::awaitable<Result<void>> fail() {
  co_return Failure(ErrorCode::busy);
}

asio::awaitable<Result<void>> throw_up() {
  throw std::runtime_error("from a task");
  co_return success();
}

TEST_CASE("a group is joined when its last task has ended", "[channel][task_group]") {
  Fixture f;
  TaskGroup group(f.loop.executor(), f.log, 200);
  std::atomic<int> ended = 0;
  for (int i = 0; i < 100; ++i) REQUIRE(group.start("count", count(ended)));
  REQUIRE(run(f.loop, group.join(5s)));
  CHECK(ended == 100);
  CHECK(group.running() == 0);
}

TEST_CASE("an empty group is joined at once", "[channel][task_group]") {
  Fixture f;
  TaskGroup group(f.loop.executor(), f.log, 1);
  REQUIRE(run(f.loop, group.join(0ms)));
}

TEST_CASE("a group takes no more tasks than it may", "[channel][task_group]") {
  Fixture f;
  TaskGroup group(f.loop.executor(), f.log, 2);
  std::atomic<int> started = 0;
  REQUIRE(group.start("one", wait_for_ever(started)));
  REQUIRE(group.start("two", wait_for_ever(started)));
  const auto third = group.start("three", wait_for_ever(started));
  REQUIRE(!third);
  CHECK(third.error().code() == ErrorCode::busy);
  group.cancel();
  REQUIRE(run(f.loop, group.join(5s)));
}

TEST_CASE("a join that takes too long fails, and can be repeated after a cancel",
          "[channel][task_group]") {
  Fixture f;
  TaskGroup group(f.loop.executor(), f.log, 2);
  std::atomic<int> started = 0;
  REQUIRE(group.start("waits", wait_for_ever(started)));
  const auto early = run(f.loop, group.join(1ms));
  REQUIRE(!early);
  CHECK(early.error().code() == ErrorCode::deadline_exceeded);
  group.cancel();
  REQUIRE(run(f.loop, group.join(5s)));
}

TEST_CASE("a cancelled group refuses tasks", "[channel][task_group]") {
  Fixture f;
  TaskGroup group(f.loop.executor(), f.log, 2);
  group.cancel();
  std::atomic<int> started = 0;
  const auto refused = group.start("late", wait_for_ever(started));
  REQUIRE(!refused);
  CHECK(refused.error().code() == ErrorCode::shutting_down);
  CHECK(started == 0);
}

TEST_CASE("cancelling right after starting stops every task", "[channel][task_group]") {
  Fixture f;
  TaskGroup group(f.loop.executor(), f.log, 100);
  std::atomic<int> started = 0;
  for (int i = 0; i < 100; ++i) REQUIRE(group.start("waits", wait_for_ever(started)));
  group.cancel();
  REQUIRE(run(f.loop, group.join(5s)));
}

TEST_CASE("a task that fails or throws ends without hurting the others", "[channel][task_group]") {
  Fixture f;
  TaskGroup group(f.loop.executor(), f.log, 3);
  std::atomic<int> ended = 0;
  REQUIRE(group.start("fails", fail()));
  REQUIRE(group.start("throws", throw_up()));
  REQUIRE(group.start("counts", count(ended)));
  REQUIRE(run(f.loop, group.join(5s)));
  CHECK(ended == 1);
}

}  // namespace
}  // namespace truc::channel
