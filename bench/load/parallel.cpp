#include "bench/load/parallel.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <mutex>
#include <thread>

namespace truc::bench {
namespace {

constexpr auto kToldEvery = std::chrono::milliseconds(100);

}  // namespace

Result<void> work_in_parallel(std::size_t count,
                              const std::function<Result<void>(std::size_t)>& work,
                              const Made& told) {
  std::atomic<std::size_t> next{0};
  std::atomic<std::size_t> done{0};
  std::mutex mutex;
  std::optional<Failure> failure;  // guarded by mutex
  const auto take_turns = [&] {
    for (std::size_t number = next++; number < count; number = next++) {
      auto one = work(number);
      if (!one) {
        next = count;
        const std::lock_guard lock(mutex);
        failure = std::move(one).error();
        return;
      }
      ++done;
    }
  };
  {
    std::vector<std::jthread> threads;
    for (unsigned i = 0; i < std::max(1U, std::thread::hardware_concurrency()); ++i)
      threads.emplace_back(take_turns);
    while (next < count) {  // the threads move it to the end
      told(done);
      std::this_thread::sleep_for(kToldEvery);
    }
  }
  if (failure) return std::move(*failure);
  told(count);
  return success();
}

}  // namespace truc::bench
