// Processor time, not wall time: what a step costs whoever else uses the machine.
#pragma once

#include <ctime>

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

namespace truc::bench {

inline std::chrono::nanoseconds read_clock(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

// What one step costs a document: the median of some rounds, the least and the most of them.
struct StepCost {
  std::string name;
  double us = 0;
  double us_min = 0;
  double us_max = 0;
};

// `rounds` is not empty: microseconds a document, one value of each round.
inline StepCost summarize(std::string name, std::vector<double> rounds) {
  std::ranges::sort(rounds);
  return StepCost{std::move(name), rounds[rounds.size() / 2], rounds.front(), rounds.back()};
}

// How often a step is done in a round, and how many rounds count. One more comes first, to warm.
struct Rounds {
  std::size_t operations = 0;
  std::size_t count = 0;
};

// Runs `work(i)` for i = 0 … operations - 1, in rounds, on this thread.
template <class Work>
StepCost measure_on_thread(std::string name, const Rounds& rounds, const Work& work) {
  std::vector<double> costs;
  for (std::size_t round = 0; round <= rounds.count; ++round) {
    const auto begin = read_clock(CLOCK_THREAD_CPUTIME_ID);
    for (std::size_t i = 0; i < rounds.operations; ++i) work(i);
    const auto used = read_clock(CLOCK_THREAD_CPUTIME_ID) - begin;
    if (round > 0)
      costs.push_back(static_cast<double>(used.count()) / 1'000 /
                      static_cast<double>(rounds.operations));
  }
  return summarize(std::move(name), std::move(costs));
}

}  // namespace truc::bench
