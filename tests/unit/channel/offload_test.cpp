#include "pki/channel/offload.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <catch2/catch.hpp>

#include <atomic>
#include <future>
#include <mutex>
#include <stdexcept>
#include <string>
#include <vector>

#include "pki/channel/run_on.hpp"
#include "tests/support/refusals.hpp"
#include "tests/unit/channel/loop.hpp"

namespace truc::channel {
namespace {

asio::awaitable<Result<std::string>> answer(WorkerPool& pool, std::thread::id& ran_on) {
  auto work = [&ran_on]() -> Result<std::string> {
    ran_on = std::this_thread::get_id();
    return std::string("done");
  };
  Result<std::string> result = co_await pool.run(std::move(work));
  co_return result;
}

asio::awaitable<Result<int>> await_gate(WorkerPool& pool, std::promise<void>& begun,
                                        std::shared_future<void> gate) {
  int local = 0;  // borrowed by the work: it must outlive it whatever happens to the coroutine
  auto work = [&local, &begun, gate]() -> Result<int> {
    begun.set_value();
    gate.wait();
    return ++local;
  };
  Result<int> result = co_await pool.run(std::move(work));
  co_return result;
}

asio::awaitable<Result<int>> throw_up(WorkerPool& pool) {
  auto work = []() -> Result<int> { throw std::runtime_error("inside"); };
  Result<int> result = co_await pool.run(std::move(work));
  co_return result;
}

TEST_CASE("offloaded work runs on a thread of the pool and its result comes back",
          "[channel][offload]") {
  Loop loop;
  WorkerPool pool(1, 4);
  std::thread::id first;
  std::thread::id second;
  REQUIRE(run(loop, answer(pool, first)).value() == "done");
  REQUIRE(run(loop, answer(pool, second)).value() == "done");
  CHECK(first == second);
  CHECK(first != std::this_thread::get_id());
}

TEST_CASE("work beyond the queue is refused as busy", "[channel][offload]") {
  Loop loop;
  WorkerPool pool(1, 1);
  std::promise<void> open;
  const std::shared_future<void> gate = open.get_future().share();
  std::promise<void> first_begun;
  std::promise<void> second_begun;
  auto first = start(loop, await_gate(pool, first_begun, gate));
  first_begun.get_future().wait();
  auto second = start(loop, await_gate(pool, second_begun, gate));
  while (pool.waiting() == 0) std::this_thread::yield();

  std::promise<void> third_begun;
  const auto third = run(loop, await_gate(pool, third_begun, gate));
  REQUIRE(!third);
  CHECK(third.error().code() == ErrorCode::busy);

  open.set_value();
  CHECK(finish(std::move(first)).value() == 1);
  CHECK(finish(std::move(second)).value() == 1);
  CHECK(pool.waiting() == 0);
}

asio::awaitable<Result<int>> note(WorkerPool& pool, std::string whose, std::mutex& mutex,
                                  std::string& order) {
  auto work = [&]() -> Result<int> {
    const std::lock_guard lock(mutex);
    order += whose;
    return 1;
  };
  Result<int> result = co_await pool.run(whose, work);
  co_return result;
}

// One thread, held up while the works arrive one after the other.
class HeldPool {
 public:
  explicit HeldPool(std::size_t queue_of_each_max, std::size_t queue_max = 100)
      : pool_(1, queue_max, queue_of_each_max) {
    std::promise<void> begun;
    held_ = start(loop_, await_gate(pool_, begun, gate_.get_future().share()));
    begun.get_future().wait();
  }
  void add(const std::string& whose) {
    const std::size_t before = pool_.waiting();
    works_.push_back(start(loop_, note(pool_, whose, mutex_, order_)));
    while (pool_.waiting() == before) std::this_thread::yield();
  }
  // In a full queue: takes the place of another's newest.
  void displace(const std::string& whose, std::size_t loser) {
    works_.push_back(start(loop_, note(pool_, whose, mutex_, order_)));
    REQUIRE_REFUSED(finish(std::move(works_[loser])), busy);
    works_.erase(works_.begin() + static_cast<std::ptrdiff_t>(loser));
  }
  Result<int> refused(const std::string& whose) {
    return run(loop_, note(pool_, whose, mutex_, order_));
  }
  std::string order() {
    gate_.set_value();
    finish(std::move(held_)).value();
    for (auto& work : works_) finish(std::move(work)).value();
    return order_;
  }

 private:
  Loop loop_;
  WorkerPool pool_;
  std::promise<void> gate_;
  std::future<Result<int>> held_;
  std::mutex mutex_;
  std::string order_;
  std::vector<std::future<Result<int>>> works_;
};

TEST_CASE("who waits is served in turn, whoever has more", "[channel][offload]") {
  HeldPool held(10);
  for (const char* whose : {"a", "a", "a", "a", "b", "b", "c"}) held.add(whose);
  CHECK(held.order() == "abcabaa");
}

TEST_CASE("nobody has more than a share of the queue", "[channel][offload]") {
  HeldPool held(2);
  held.add("a");
  held.add("a");
  REQUIRE_REFUSED(held.refused("a"), busy);
  held.add("b");
  CHECK(held.order() == "aba");
}

TEST_CASE("floods that fill the queue leave room for who does not flood", "[channel][offload]") {
  HeldPool held(4, 6);
  for (const char* whose : {"a", "a", "a", "a", "b", "b"}) held.add(whose);
  held.displace("c", 3);  // a's fourth
  held.displace("c", 2);  // a's third
  REQUIRE_REFUSED(held.refused("c"), busy);
  CHECK(held.order() == "abcabc");
}

TEST_CASE("an exception of offloaded work is a failure", "[channel][offload]") {
  Loop loop;
  WorkerPool pool(1, 1);
  const auto result = run(loop, throw_up(pool));
  REQUIRE(!result);
  CHECK(result.error().code() == ErrorCode::internal);
  CHECK(result.error().detail().find("inside") != std::string::npos);
}

TEST_CASE("a cancelled coroutine still waits for work that it has handed over",
          "[channel][offload]") {
  Loop loop;
  WorkerPool pool(1, 1);
  std::promise<void> open;
  std::promise<void> begun;
  const auto strand = asio::make_strand(loop.executor());
  asio::cancellation_signal signal;
  std::atomic<bool> ended = false;
  std::promise<int> got;
  auto done = [&](const std::exception_ptr&, std::optional<Result<int>> result) {
    ended = true;
    got.set_value(result->value());
  };
  asio::co_spawn(strand, detail::as_optional(await_gate(pool, begun, open.get_future().share())),
                 asio::bind_cancellation_slot(signal.slot(), done));
  begun.get_future().wait();
  std::promise<void> cancelled;
  asio::post(strand, [&] {
    signal.emit(asio::cancellation_type::terminal);
    cancelled.set_value();
  });
  cancelled.get_future().wait();
  CHECK(!ended);
  open.set_value();
  CHECK(finish(got.get_future()) == 1);
}

TEST_CASE("a pool that is destroyed runs what waits in its queue", "[channel][offload]") {
  Loop loop;
  std::promise<void> open;
  const std::shared_future<void> gate = open.get_future().share();
  std::promise<void> first_begun;
  std::promise<void> second_begun;
  std::future<Result<int>> first;
  std::future<Result<int>> second;
  {
    WorkerPool pool(1, 1);
    first = start(loop, await_gate(pool, first_begun, gate));
    first_begun.get_future().wait();
    second = start(loop, await_gate(pool, second_begun, gate));
    while (pool.waiting() == 0) std::this_thread::yield();
    open.set_value();
  }
  CHECK(finish(std::move(first)).value() == 1);
  CHECK(finish(std::move(second)).value() == 1);
}

}  // namespace
}  // namespace truc::channel
