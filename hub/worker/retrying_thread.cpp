#include "hub/worker/retrying_thread.hpp"

#include <algorithm>

namespace truc::hub {

RetryingThread::RetryingThread(std::string name, Step step, RetryPauses pauses, telemetry::Log& log)
    : name_(std::move(name)), step_(std::move(step)), pauses_(pauses), log_(log) {}

RetryingThread::~RetryingThread() {
  stop();
}

void RetryingThread::start() {
  thread_ = std::thread([this] { run(); });
}

void RetryingThread::stop() {
  {
    const std::lock_guard lock(mutex_);
    is_stopping_ = true;
    wake_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
}

// Whether to go on.
bool RetryingThread::pause(std::chrono::milliseconds duration) {
  std::unique_lock lock(mutex_);
  return !wake_.wait_for(lock, duration, [this] { return is_stopping_; });
}

void RetryingThread::run() {
  std::uint64_t in_a_row = 0;
  auto delay = pauses_.min;
  while (pause(std::chrono::milliseconds(0))) {
    const auto result = step_();
    if (result) {
      if (in_a_row > 0) log_.info(name_ + ".recovered", {{"failures", in_a_row}});
      in_a_row = 0;
      delay = pauses_.min;
      continue;
    }
    const auto code = result.error().code();
    if (code == ErrorCode::cancelled || code == ErrorCode::shutting_down) return;
    failures_.fetch_add(1, std::memory_order_relaxed);
    if (in_a_row++ == 0) log_.warn(name_ + ".retry", {{"failure", result.error()}});
    if (!pause(delay)) return;
    delay = std::min(2 * delay, pauses_.max);
  }
}

}  // namespace truc::hub
