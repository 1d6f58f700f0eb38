// Structured tasks: every coroutine that is started belongs to a group that is joined at stop.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

#include "schemas/base/result.hpp"
#include "schemas/telemetry/log.hpp"

namespace truc::channel {

namespace asio = boost::asio;

// Threads: start() from any thread; join() from a coroutine, not from two at once. The group lives
// longer than its tasks: the destructor checks that none runs.
class TaskGroup {
 public:
  TaskGroup(asio::any_io_executor executor, telemetry::Log& log, std::size_t tasks_max);
  ~TaskGroup();
  TaskGroup(const TaskGroup&) = delete;
  TaskGroup& operator=(const TaskGroup&) = delete;

  // Runs `task` on a strand of its own. A failure or exception is logged as "task.failed" with
  // `name`. Failure: busy when tasks_max run, shutting_down after cancel().
  Result<void> start(std::string name, asio::awaitable<Result<void>> task);
  // The same on `strand`, which the caller made so that sockets and timers of the task share it.
  Result<void> start_on(asio::any_io_executor strand, std::string name,
                        asio::awaitable<Result<void>> task);

  // Asks every task to stop (asio cancellation, terminal) and takes no new one.
  void cancel();
  // Returns when the last task has ended, or deadline_exceeded after `timeout`.
  asio::awaitable<Result<void>> join(std::chrono::milliseconds timeout);
  std::size_t running() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace truc::channel
