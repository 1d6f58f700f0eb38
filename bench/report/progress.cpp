#include "bench/report/progress.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace truc::bench {
namespace {

constexpr auto kShownEvery = std::chrono::milliseconds(100);
constexpr std::size_t kBarWidth = 30;

std::string bar(std::size_t done, std::size_t total) {
  const std::size_t full = std::min(kBarWidth, done * kBarWidth / std::max<std::size_t>(1, total));
  return '[' + std::string(full, '#') + std::string(kBarWidth - full, '.') + ']';
}

}  // namespace

Progress::Progress(std::string step)
    : step_(std::move(step)), is_terminal_(isatty(STDERR_FILENO) == 1) {
  if (is_terminal_) fmt::print(stderr, "{} …", step_);
}

Progress::~Progress() {
  if (is_terminal_) fmt::print(stderr, "\n");
}

void Progress::show(std::size_t done, std::size_t total) {
  const auto now = Clock::now();
  if (!is_terminal_ || (done != total && now - shown_ < kShownEvery)) return;
  shown_ = now;
  const double seconds = std::chrono::duration<double>(now - begun_).count();
  const double rate = seconds > 0 ? static_cast<double>(done) / seconds : 0;
  const std::string drawn = total == 0 ? std::string() : bar(done, total) + ' ';
  fmt::print(stderr, "\r\x1b[K{} {}{} ({:.0f}/s)", step_, drawn, done, rate);
}

}  // namespace truc::bench
