// Blocking or long work leaves the event loop: a bounded pool of threads, awaited from coroutines.
#pragma once

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <type_traits>

#include "schemas/base/result.hpp"

namespace truc::channel {

namespace asio = boost::asio;

// Owned by main, joined (destroyed) before the io_context it serves.
class WorkerPool {
 public:
  WorkerPool(std::size_t threads, std::size_t queue_max);
  ~WorkerPool();  // waits for the work that runs; what waits in the queue is run too
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // Runs `work` on a pool thread and resumes on the caller's executor. `work` returns Result<T>.
  // Failures of its own: busy when queue_max works wait; internal when `work` throws. Once handed
  // over it is always waited for, also by a cancelled coroutine, so that it may borrow from the
  // caller's frame. A coroutine that was cancelled before does not start it (it unwinds, as at
  // every co_await).
  template <class Work>
  asio::awaitable<std::invoke_result_t<Work>> run(Work work) {
    std::optional<std::invoke_result_t<Work>> outcome;
    std::function<void()> job = [&] { outcome.emplace(work()); };
    Result<void> ran = co_await run_job(std::move(job));
    if (!ran) co_return std::move(ran).error();
    co_return std::move(*outcome);
  }

  std::size_t waiting() const;

 private:
  asio::awaitable<Result<void>> run_job(std::function<void()> job);
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace truc::channel
