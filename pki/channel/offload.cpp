#include "pki/channel/offload.hpp"

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <deque>
#include <exception>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include "schemas/base/check.hpp"

namespace truc::channel {

struct WorkerPool::State {
  // One of the two is called, once.
  struct Job {
    std::function<void()> work;
    std::function<void()> turn_away;
  };

  State(std::size_t count, std::size_t most, std::size_t most_of_each)
      : queue_max(most), queue_of_each_max(most_of_each), threads(count) {}

  // Every work that waits has one call of run_next() on its way to a thread. Gives back the job
  // that has to leave: this one, or the one that made room for it.
  std::optional<Job> enter(const std::string& whose, Job job) {
    {
      const std::lock_guard lock(mutex);
      const auto own = lines.find(whose);
      const std::size_t has = own == lines.end() ? 0 : own->second.size();
      if (has >= queue_of_each_max) return job;
      if (waiting >= queue_max) return take_place(whose, has, std::move(job));
      ++waiting;
      append(whose, std::move(job));
    }
    asio::post(threads, [this] { run_next(); });
    return std::nullopt;
  }

  void append(const std::string& whose, Job job) {
    auto& line = lines[whose];
    if (line.empty()) turns.push_back(whose);
    line.push_back(std::move(job));
  }

  // A full queue is shared evenly: whoever has most gives up the newest to who has at least two
  // fewer, so that any number of floods leaves room for one that does not flood.
  std::optional<Job> take_place(const std::string& whose, std::size_t has, Job job) {
    const auto longest =
        std::ranges::max_element(lines, {}, [](const auto& line) { return line.second.size(); });
    if (longest->second.size() < has + 2) return job;
    Job newest = std::move(longest->second.back());
    longest->second.pop_back();
    append(whose, std::move(job));
    return newest;
  }

  void run_next() {
    Job job;
    {
      const std::lock_guard lock(mutex);
      const auto line = lines.find(turns.front());
      turns.pop_front();
      job = std::move(line->second.front());
      line->second.pop_front();
      --waiting;
      if (line->second.empty()) {
        lines.erase(line);
      } else {
        turns.push_back(line->first);
      }
    }
    job.work();
  }

  const std::size_t queue_max;
  const std::size_t queue_of_each_max;
  std::mutex mutex;  // a leaf; guards what follows, up to the threads
  std::size_t waiting = 0;
  std::unordered_map<std::string, std::list<Job>> lines;  // none is empty
  std::deque<std::string> turns;                          // who has a line, the next one first
  asio::thread_pool threads;
};

WorkerPool::WorkerPool(std::size_t threads, std::size_t queue_max, std::size_t queue_of_each_max)
    : state_(std::make_unique<State>(threads, queue_max, queue_of_each_max)) {
  TRUC_CHECK(threads > 0, "a pool without threads would never answer");
  TRUC_CHECK(queue_max > 0 && queue_of_each_max > 0,
             "work passes through the queue, so it needs a place there");
}

// join() waits for queued work too; ~thread_pool alone would drop it.
WorkerPool::~WorkerPool() {
  state_->threads.join();
}

std::size_t WorkerPool::waiting() const {
  const std::lock_guard lock(state_->mutex);
  return state_->waiting;
}

namespace {

void run_caught(const std::function<void()>& work, const std::function<void(Failure)>& failed) {
  try {
    work();
  } catch (const std::exception& error) {
    failed(Failure(ErrorCode::internal).because(std::string("offloaded work: ") + error.what()));
  }
}

}  // namespace

void WorkerPool::start(const std::string& whose, std::function<void()> work,
                       std::function<void(Failure)> failed) {
  auto turn_away = [failed] {
    failed(Failure(ErrorCode::busy).because("too many works wait for a thread"));
  };
  auto run = [work = std::move(work), failed = std::move(failed)] { run_caught(work, failed); };
  auto leaves = state_->enter(whose, {std::move(run), std::move(turn_away)});
  if (leaves) leaves->turn_away();
}

// The operation never looks at its cancellation slot: it ends when the job has ended, because the
// job borrows from the awaiting coroutine's frame.
asio::awaitable<Result<void>> WorkerPool::run_job(std::string whose, std::function<void()> job) {
  Result<void> outcome = success();
  auto initiate = [this, &whose, &outcome, &job](auto handler) {
    auto home = asio::prefer(asio::get_associated_executor(handler),
                             asio::execution::outstanding_work.tracked);
    // Shared, since a std::function is copied and a handler is not.
    auto resume = std::make_shared<decltype(handler)>(std::move(handler));
    auto work = [&job, home, resume] {
      job();
      asio::post(home, std::move(*resume));
    };
    auto failed = [&outcome, home, resume](Failure failure) {
      outcome = std::move(failure);
      asio::post(home, std::move(*resume));
    };
    start(whose, std::move(work), std::move(failed));
  };
  co_await asio::async_initiate<const asio::use_awaitable_t<>, void()>(std::move(initiate),
                                                                       asio::use_awaitable);
  co_return outcome;
}

}  // namespace truc::channel
