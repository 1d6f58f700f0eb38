#include "pki/channel/task_group.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <mutex>
#include <unordered_map>
#include <utility>

#include "pki/channel/run_on.hpp"
#include "schemas/base/check.hpp"

namespace truc::channel {
namespace {

using Strand = asio::strand<asio::any_io_executor>;

// One running coroutine. The signal is touched on the task's executor only.
struct Task {
  explicit Task(asio::any_io_executor on) : executor(std::move(on)) {}
  asio::any_io_executor executor;
  asio::cancellation_signal signal;
};

}  // namespace

struct TaskGroup::State {
  State(asio::any_io_executor on, telemetry::Log& events, std::size_t most)
      : executor(std::move(on)),
        log(events),
        tasks_max(most),
        strand(asio::make_strand(executor)),
        ended(strand) {}

  asio::any_io_executor executor;
  telemetry::Log& log;
  const std::size_t tasks_max;

  mutable std::mutex mutex;  // guards the next three; a leaf, nothing is called under it
  std::unordered_map<std::uint64_t, std::shared_ptr<Task>> tasks;
  std::uint64_t next_id = 0;
  bool cancelled = false;

  Strand strand;             // owns `ended`
  asio::steady_timer ended;  // cancelled when the last task ends: wakes join()

  std::size_t running() const {
    const std::lock_guard lock(mutex);
    return tasks.size();
  }

  bool is_cancelled() const {
    const std::lock_guard lock(mutex);
    return cancelled;
  }

  // The coroutine's frame is gone by now: nothing that it borrowed is used any more.
  static void finish(const std::shared_ptr<State>& self, std::uint64_t id) {
    {
      const std::lock_guard lock(self->mutex);
      self->tasks.erase(id);
      if (!self->tasks.empty()) return;
    }
    asio::post(self->strand, [self] { self->ended.cancel(); });
  }

  // The end that a cancelled group brings about is no event.
  void report(const std::string& name, const Failure& failure) {
    if (is_cancelled() && failure.code() == ErrorCode::cancelled) return;
    log.warn("task.failed", {{"task", name}, {"failure", failure}});
  }

  static asio::awaitable<void> run(std::shared_ptr<State> self, std::string name,
                                   asio::awaitable<Result<void>> task) {
    try {
      Result<void> outcome = co_await std::move(task);
      if (!outcome) self->report(name, outcome.error());
    } catch (const boost::system::system_error& error) {
      const bool stopped = error.code() == asio::error::operation_aborted;
      const auto code = stopped ? ErrorCode::cancelled : ErrorCode::internal;
      self->report(name, Failure(code).because(error.what()));
    } catch (const std::exception& error) {
      self->report(name, Failure(ErrorCode::internal).because(error.what()));
    }
  }

  // Runs on the strand, so that the check and the wait cannot miss the last task's end.
  static asio::awaitable<Result<void>> wait_for_last(std::shared_ptr<State> self,
                                                     std::chrono::milliseconds timeout) {
    const auto deadline = std::chrono::steady_clock::now() + timeout;
    while (self->running() > 0) {
      if (std::chrono::steady_clock::now() >= deadline) {
        co_return Failure(ErrorCode::deadline_exceeded)
            .because(std::to_string(self->running()) + " tasks still run");
      }
      self->ended.expires_at(deadline);
      co_await self->ended.async_wait(asio::as_tuple(asio::use_awaitable));
    }
    co_return success();
  }
};

TaskGroup::TaskGroup(asio::any_io_executor executor, telemetry::Log& log, std::size_t tasks_max)
    : state_(std::make_shared<State>(std::move(executor), log, tasks_max)) {}

TaskGroup::~TaskGroup() {
  TRUC_CHECK(state_->running() == 0, "tasks borrow from what their group's owner owns: join first");
}

Result<void> TaskGroup::start(std::string name, asio::awaitable<Result<void>> task) {
  return start_on(asio::make_strand(state_->executor), std::move(name), std::move(task));
}

Result<void> TaskGroup::start_on(asio::any_io_executor strand, std::string name,
                                 asio::awaitable<Result<void>> task) {
  const auto entry = std::make_shared<Task>(std::move(strand));
  std::uint64_t id = 0;
  {
    const std::lock_guard lock(state_->mutex);
    if (state_->cancelled) return Failure(ErrorCode::shutting_down);
    if (state_->tasks.size() >= state_->tasks_max) {
      return Failure(ErrorCode::busy)
          .because(std::to_string(state_->tasks_max) + " tasks run, no room for " + name);
    }
    id = state_->next_id++;
    state_->tasks.emplace(id, entry);
  }
  // Posted, never run here: the caller may hold locks, and cancel() reaches the strand after this.
  auto body = State::run(state_, std::move(name), std::move(task));
  asio::post(entry->executor, [state = state_, entry, id, body = std::move(body)]() mutable {
    auto ended = [state, entry, id](const std::exception_ptr&) { State::finish(state, id); };
    asio::co_spawn(entry->executor, std::move(body),
                   asio::bind_cancellation_slot(entry->signal.slot(), std::move(ended)));
  });
  return success();
}

void TaskGroup::cancel() {
  const std::lock_guard lock(state_->mutex);
  state_->cancelled = true;
  for (const auto& [id, task] : state_->tasks) {
    asio::post(task->executor, [task] { task->signal.emit(asio::cancellation_type::terminal); });
  }
}

asio::awaitable<Result<void>> TaskGroup::join(std::chrono::milliseconds timeout) {
  auto wait = State::wait_for_last(state_, timeout);
  Result<void> joined = co_await run_on(state_->strand, std::move(wait));
  co_return joined;
}

std::size_t TaskGroup::running() const {
  return state_->running();
}

}  // namespace truc::channel
