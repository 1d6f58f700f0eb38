// A thread that repeats one step, pauses after a failure and tries again, and ends when told to.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "schemas/base/limits.hpp"
#include "schemas/base/result.hpp"
#include "schemas/telemetry/log.hpp"

namespace truc::hub {

// The pause doubles with every failure in a row.
struct RetryPauses {
  std::chrono::milliseconds min = limits::kLogRetryDelayMin;
  std::chrono::milliseconds max = limits::kLogRetryDelayMax;
};

class RetryingThread {
 public:
  // A step that fails leaves its work as it was and is called again; with cancelled or
  // shutting_down it asks for the end. It waits for nothing longer than about a second, or is woken
  // by whoever calls stop().
  using Step = std::function<Result<void>()>;

  // Logs "<name>.retry" at the first failure of a row and "<name>.recovered" after the last.
  RetryingThread(std::string name, Step step, RetryPauses pauses, telemetry::Log& log);
  ~RetryingThread();
  RetryingThread(const RetryingThread&) = delete;
  RetryingThread& operator=(const RetryingThread&) = delete;

  void start();
  // Interrupts a pause, and returns when the step under way has ended. Repeating does nothing.
  void stop();

  std::uint64_t failures() const { return failures_.load(std::memory_order_relaxed); }

 private:
  void run();
  bool pause(std::chrono::milliseconds duration);

  const std::string name_;
  const Step step_;
  const RetryPauses pauses_;
  telemetry::Log& log_;
  std::atomic<std::uint64_t> failures_{0};

  std::mutex mutex_;
  std::condition_variable wake_;
  bool is_stopping_ = false;  // guarded by mutex_
  std::thread thread_;
};

}  // namespace truc::hub
