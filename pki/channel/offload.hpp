// Blocking or long work leaves the event loop: a bounded pool of threads, awaited from coroutines.
#pragma once

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include "schemas/base/result.hpp"

namespace truc::channel {

namespace asio = boost::asio;

// Owned by main, joined (destroyed) before the io_context it serves. Who waits is served in turn:
// one work of each, in the order in which each began to wait, so that nobody's many works hold up
// another's few.
class WorkerPool {
 public:
  // At most `queue_max` works wait, and at most `queue_of_each_max` of the same name. In a full
  // queue who has most gives up the newest of it to who has at least two fewer.
  WorkerPool(std::size_t threads, std::size_t queue_max, std::size_t queue_of_each_max);
  WorkerPool(std::size_t threads, std::size_t queue_max)
      : WorkerPool(threads, queue_max, queue_max) {}
  ~WorkerPool();  // waits for the work that runs; what waits in the queue is run too
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // Runs `work` of `whose` on a pool thread and resumes on the caller's executor. `work` returns
  // Result<T>. Failures of its own: busy when too many wait, at once or later; internal when `work`
  // throws. Once handed over it is always waited for, also by a cancelled coroutine, so that it may
  // borrow from the caller's frame. A coroutine that was cancelled before does not start it (it
  // unwinds, as at every co_await).
  template <class Work>
  asio::awaitable<std::invoke_result_t<Work>> run(std::string whose, Work work) {
    std::optional<std::invoke_result_t<Work>> outcome;
    std::function<void()> job = [&] { outcome.emplace(work()); };
    Result<void> ran = co_await run_job(std::move(whose), std::move(job));
    if (!ran) co_return std::move(ran).error();
    co_return std::move(*outcome);
  }

  // For who has no name to be told apart by.
  template <class Work>
  asio::awaitable<std::invoke_result_t<Work>> run(Work work) {
    auto done = co_await run(std::string(), std::move(work));
    co_return done;
  }

  // Without a coroutine: runs `work` of `whose` on a pool thread. `failed` is called once instead,
  // with busy, when too many wait, at once or later; or after it, with internal, when it throws.
  void start(const std::string& whose, std::function<void()> work,
             std::function<void(Failure)> failed);

  std::size_t waiting() const;

 private:
  asio::awaitable<Result<void>> run_job(std::string whose, std::function<void()> job);
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace truc::channel
