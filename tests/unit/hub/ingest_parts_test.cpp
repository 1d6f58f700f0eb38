#include <boost/asio/co_spawn.hpp>
#include <boost/asio/strand.hpp>
#include <catch2/catch.hpp>
#include <future>
#include <set>
#include <thread>

#include "hub/ingest/byte_budget.hpp"
#include "hub/ingest/durability_gate.hpp"
#include "hub/ingest/transfer_ids.hpp"
#include "hub/mailbox/signals.hpp"
#include "tests/support/hub/hub_world.hpp"
#include "tests/support/hub/strand.hpp"
#include "tests/support/refusals.hpp"

namespace truc::hub {
namespace {

using namespace std::chrono_literals;
using namespace testing;

asio::awaitable<Result<Durable>> submit(HubWorld& world, channel::WorkerPool& pool,
                                        const std::string& id,
                                        std::chrono::milliseconds wait = limits::kCommitWaitMax) {
  std::function<Result<AcceptedDocument>()> admit = [&world, id] {
    return world.admit(sample_document(kOffice, {kTax}, id));
  };
  return make_durable(world.store, pool, "somebody", std::move(admit), wait);
}

bool is_ready(std::future<Result<Durable>>& future) {
  return future.wait_for(0s) == std::future_status::ready;
}

TEST_CASE("identifiers grow within a millisecond and when the clock goes back", "[hub][ingest]") {
  FakeClock clock;
  TransferIds ids(clock);
  TransferId last = ids.next();
  for (int i = 0; i < 10'000; ++i) {
    if (i == 3'000) clock.advance(-1h);
    if (i == 6'000) clock.advance(2h);
    const TransferId next = ids.next();
    REQUIRE(next > last);
    last = next;
  }
}

TEST_CASE("identifiers made by many threads are all different", "[hub][ingest]") {
  const SystemClock clock;
  TransferIds ids(clock);
  std::array<std::vector<TransferId>, 4> made;
  std::vector<std::thread> threads;
  for (auto& mine : made)
    threads.emplace_back([&] {
      for (int i = 0; i < 2'000; ++i) mine.push_back(ids.next());
    });
  for (auto& thread : threads) thread.join();
  std::set<TransferId> all;
  for (const auto& mine : made) {
    REQUIRE(std::ranges::is_sorted(mine));
    all.insert(mine.begin(), mine.end());
  }
  REQUIRE(all.size() == 8'000);
}

TEST_CASE("a budget gives what it has, to the last byte, and takes it back", "[hub][ingest]") {
  ByteBudget budget(100, 100);
  auto first = budget.take("a", 60);
  REQUIRE(first);
  REQUIRE_FALSE(budget.take("b", 41));
  {
    const auto second = budget.take("b", 40);
    REQUIRE(second);
    REQUIRE(budget.free() == 0);
    REQUIRE_FALSE(budget.take("a", 1));
  }
  REQUIRE(budget.free() == 40);
  const auto moved = std::move(*first);
  first.reset();
  REQUIRE(budget.free() == 40);
}

TEST_CASE("a budget gives nobody more than its share", "[hub][ingest]") {
  ByteBudget budget(100, 30);
  const auto nothing = budget.take("a", 0);
  auto first = budget.take("a", 20);
  REQUIRE(first);
  REQUIRE_FALSE(budget.take("a", 11));
  REQUIRE_FALSE(budget.take("b", 31));
  const auto second = budget.take("a", 10);
  REQUIRE(second);
  REQUIRE(budget.take("b", 30));
  first.reset();
  REQUIRE(budget.take("a", 20));
  REQUIRE(budget.free() == 90);
}

TEST_CASE("nothing passes the gate before the store says that it is durable", "[hub][ingest]") {
  HubWorld world;
  channel::Loop loop;
  channel::WorkerPool pool(1, 8);
  world.store.hold_commits();
  auto waiting = start_on_strand(loop, submit(world, pool, "d1"));
  while (world.store.held_commits() == 0) std::this_thread::yield();
  REQUIRE_FALSE(is_ready(waiting));
  world.store.release_commits();
  const auto durable = channel::finish(std::move(waiting));
  REQUIRE_OK(durable);
  REQUIRE(durable.value().outcome() == Durable::Outcome::stored);
}

TEST_CASE("a write that fails brings no receipt", "[hub][ingest]") {
  HubWorld world;
  channel::Loop loop;
  channel::WorkerPool pool(1, 8);
  world.store.fail_next_commit(ErrorCode::storage_failed);
  const auto refused = run_on_strand(loop, submit(world, pool, "d1"));
  REQUIRE_REFUSED(refused, storage_failed);
  REQUIRE(world.store.transfers() == 0);
}

TEST_CASE("a store that never answers is waited for until the deadline, and may answer later",
          "[hub][ingest]") {
  HubWorld world;
  channel::Loop loop;
  channel::WorkerPool pool(1, 8);
  world.store.hold_commits();
  const auto late = run_on_strand(loop, submit(world, pool, "d1", 1ms));
  REQUIRE_REFUSED(late, deadline_exceeded);
  world.store.release_commits();  // finds nobody, and harms nobody
}

TEST_CASE("what is refused, or throws, on its way to the store never reaches it", "[hub][ingest]") {
  HubWorld world;
  channel::Loop loop;
  channel::WorkerPool pool(1, 8);
  std::function<Result<AcceptedDocument>()> make = [] {
    return Result<AcceptedDocument>(ErrorCode::digest_mismatch);
  };
  auto wanted = ErrorCode::digest_mismatch;
  SECTION("thrown") {
    make = []() -> Result<AcceptedDocument> { throw std::runtime_error("by a test"); };
    wanted = ErrorCode::internal;
  }
  const auto refused = run_on_strand(loop, make_durable(world.store, pool, "somebody", make));
  REQUIRE_FALSE(refused);
  REQUIRE(refused.error().code() == wanted);
  REQUIRE(world.store.transfers() == 0);
}

TEST_CASE("who has too many works waiting is told so, and the others go on", "[hub][ingest]") {
  HubWorld world;
  channel::Loop loop;
  channel::WorkerPool pool(1, 8, 1);
  std::promise<void> release;
  auto released = release.get_future().share();
  std::promise<void> begun;
  pool.start(
      "blocker",
      [&] {
        begun.set_value();
        released.wait();
      },
      [](const Failure&) {});
  begun.get_future().wait();
  auto first = start_on_strand(loop, submit(world, pool, "d1"));
  while (pool.waiting() == 0) std::this_thread::yield();
  const auto second = run_on_strand(loop, submit(world, pool, "d2"));
  REQUIRE_REFUSED(second, busy);
  release.set_value();
  REQUIRE_OK(channel::finish(std::move(first)));
  REQUIRE(world.store.transfers() == 1);
}

TEST_CASE("a long poll wakes when its agency's mailbox grows, and only then", "[hub][mailbox]") {
  channel::Loop loop;
  MailboxSignals signals;
  const auto strand = asio::make_strand(loop.executor());
  auto subscription = signals.subscribe({agency(kTax), agency(kTown)}, strand).value();
  const auto soon = std::chrono::steady_clock::now() + 10ms;
  const auto later = std::chrono::steady_clock::now() + 30s;

  signals.notify(std::vector{agency(kOffice)});
  auto slept = channel::finish(start_on(strand, subscription->wait(soon)));
  REQUIRE(slept.value() == MailboxSignals::Subscription::Woken::by_deadline);

  auto waiting = start_on(strand, subscription->wait(later));
  signals.notify(std::vector{agency(kTown)});
  auto woken = channel::finish(std::move(waiting));
  REQUIRE(woken.value() == MailboxSignals::Subscription::Woken::by_signal);
}

TEST_CASE("a signal between looking and sleeping is not lost", "[hub][mailbox]") {
  channel::Loop loop;
  MailboxSignals signals;
  const auto strand = asio::make_strand(loop.executor());
  auto subscription = signals.subscribe({agency(kTax)}, strand).value();
  signals.notify(std::vector{agency(kTax)});
  const auto later = std::chrono::steady_clock::now() + 30s;
  auto woken = channel::finish(start_on(strand, subscription->wait(later)));
  REQUIRE(woken.value() == MailboxSignals::Subscription::Woken::by_signal);
}

TEST_CASE("a thousand signals to a thousand polls are each heard", "[hub][mailbox]") {
  channel::Loop loop;
  MailboxSignals signals;
  const auto later = std::chrono::steady_clock::now() + 30s;
  for (int i = 0; i < 1'000; ++i) {
    const auto strand = asio::make_strand(loop.executor());
    auto subscription = signals.subscribe({agency(kTax)}, strand).value();
    auto waiting = start_on(strand, subscription->wait(later));
    signals.notify(std::vector{agency(kTax)});
    auto woken = channel::finish(std::move(waiting));
    REQUIRE(woken.value() == MailboxSignals::Subscription::Woken::by_signal);
  }
  REQUIRE(signals.subscriptions() == 0);
}

TEST_CASE("polls are bounded, and a place becomes free with the poll that had it",
          "[hub][mailbox]") {
  channel::Loop loop;
  MailboxSignals signals(2);
  auto first = signals.subscribe({agency(kTax)}, loop.executor());
  auto second = signals.subscribe({agency(kTax)}, loop.executor());
  REQUIRE_REFUSED(signals.subscribe({agency(kTax)}, loop.executor()), busy);
  first.value().reset();
  REQUIRE_OK(signals.subscribe({agency(kTax)}, loop.executor()));
}

TEST_CASE("a stopping hub ends its long polls at once", "[hub][mailbox]") {
  channel::Loop loop;
  MailboxSignals signals;
  const auto strand = asio::make_strand(loop.executor());
  auto subscription = signals.subscribe({agency(kTax)}, strand).value();
  const auto later = std::chrono::steady_clock::now() + 30s;
  auto waiting = start_on(strand, subscription->wait(later));
  signals.stop();
  REQUIRE_REFUSED(channel::finish(std::move(waiting)), shutting_down);
  REQUIRE_REFUSED(channel::finish(start_on(strand, subscription->wait(later))), shutting_down);
}

}  // namespace
}  // namespace truc::hub
