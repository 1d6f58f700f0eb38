// Work of many equal parts, on all processors.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "schemas/base/result.hpp"

namespace truc::bench {

// Told how many are made, now and then, by the calling thread.
using Made = std::function<void(std::size_t)>;

// What `make` makes of each number below `count`, in order; it is called by several threads at a
// time. The first failure ends the work and is returned.
template <class Thing>
Result<std::vector<Thing>> make_in_parallel(std::size_t count,
                                            const std::function<Result<Thing>(std::size_t)>& make,
                                            const Made& told) {
  constexpr auto kToldEvery = std::chrono::milliseconds(100);
  std::vector<std::optional<Thing>> made(count);
  std::atomic<std::size_t> next{0};
  std::atomic<std::size_t> done{0};
  std::mutex mutex;
  std::optional<Failure> failure;  // guarded by mutex
  const auto work = [&] {
    for (std::size_t number = next++; number < count; number = next++) {
      auto one = make(number);
      if (!one) {
        next = count;
        const std::lock_guard lock(mutex);
        failure = std::move(one).error();
        return;
      }
      made[number] = std::move(one).value();
      ++done;
    }
  };
  {
    std::vector<std::jthread> threads;
    for (unsigned i = 0; i < std::max(1U, std::thread::hardware_concurrency()); ++i)
      threads.emplace_back(work);
    while (next < count) {  // the threads move it to the end
      told(done);
      std::this_thread::sleep_for(kToldEvery);
    }
  }
  if (failure) return std::move(*failure);
  told(count);
  std::vector<Thing> things;
  things.reserve(count);
  for (auto& one : made) things.push_back(std::move(*one));
  return things;
}

}  // namespace truc::bench
