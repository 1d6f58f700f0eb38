// When the documents of the 18 months are sent, in Hanoi's time.
#pragma once

#include <chrono>
#include <cstddef>
#include <vector>

namespace truc::bench {

using HanoiTime = std::chrono::local_time<std::chrono::milliseconds>;

// Immutable.
class Calendar {
 public:
  // Spreads `documents` over the 18 months.
  explicit Calendar(std::size_t documents);

  std::size_t documents() const { return documents_; }
  // When so many of them are sent; between 0 and documents().
  HanoiTime at(double sent) const;
  // How many are sent before `moment`.
  double before(HanoiTime moment) const;

 private:
  std::size_t documents_;
  std::vector<double> hours_;  // documents until the end of each hour since the beginning
};

}  // namespace truc::bench
