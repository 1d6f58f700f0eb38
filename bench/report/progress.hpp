// A line that tells on a terminal how far a step is and how fast it goes. Silent elsewhere.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>

namespace truc::bench {

class Progress {
 public:
  explicit Progress(std::string step);
  ~Progress();  // ends the line
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // `total` 0: nobody knows.
  void show(std::size_t done, std::size_t total);

 private:
  using Clock = std::chrono::steady_clock;

  std::string step_;
  bool is_terminal_;
  Clock::time_point begun_ = Clock::now();
  Clock::time_point shown_;
};

}  // namespace truc::bench
