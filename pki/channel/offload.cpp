#include "pki/channel/offload.hpp"

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <atomic>
#include <exception>
#include <string>
#include <utility>

#include "schemas/base/check.hpp"

namespace truc::channel {

struct WorkerPool::State {
  State(std::size_t count, std::size_t most) : queue_max(most), threads(count) {}

  // Takes a place in the queue, if there is one.
  bool enter() {
    std::size_t now = waiting.load();
    while (now < queue_max) {
      if (waiting.compare_exchange_weak(now, now + 1)) return true;
    }
    return false;
  }

  const std::size_t queue_max;
  std::atomic<std::size_t> waiting{0};
  asio::thread_pool threads;
};

WorkerPool::WorkerPool(std::size_t threads, std::size_t queue_max)
    : state_(std::make_unique<State>(threads, queue_max)) {
  TRUC_CHECK(threads > 0, "a pool without threads would never answer");
  TRUC_CHECK(queue_max > 0, "work passes through the queue, so it needs a place there");
}

// join() waits for queued work too; ~thread_pool alone would drop it.
WorkerPool::~WorkerPool() {
  state_->threads.join();
}

std::size_t WorkerPool::waiting() const {
  return state_->waiting.load();
}

namespace {

// Runs the job and turns an escaped exception into the failure to resume with.
Result<void> run_caught(const std::function<void()>& job) {
  try {
    job();
    return success();
  } catch (const std::exception& error) {
    return Failure(ErrorCode::internal).because(std::string("offloaded work: ") + error.what());
  }
}

}  // namespace

// The operation never looks at its cancellation slot: it ends when the job has ended, because the
// job borrows from the awaiting coroutine's frame.
asio::awaitable<Result<void>> WorkerPool::run_job(std::function<void()> job) {
  if (!state_->enter()) {
    co_return Failure(ErrorCode::busy)
        .because(std::to_string(state_->queue_max) + " works wait for a thread");
  }
  Result<void> outcome = success();
  auto initiate = [this, &outcome, &job](auto handler) {
    auto home = asio::prefer(asio::get_associated_executor(handler),
                             asio::execution::outstanding_work.tracked);
    auto work = [this, &outcome, &job, home, handler = std::move(handler)]() mutable {
      state_->waiting.fetch_sub(1);
      outcome = run_caught(job);
      asio::post(home, std::move(handler));
    };
    asio::post(state_->threads, std::move(work));
  };
  co_await asio::async_initiate<const asio::use_awaitable_t<>, void()>(std::move(initiate),
                                                                       asio::use_awaitable);
  co_return outcome;
}

}  // namespace truc::channel
