// A synthetic national directory: as many units on each level as were published, with codes of both
// generations, invented names and a connected system of its own for every unit.
#pragma once

#include <array>
#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "schemas/base/ids.hpp"
#include "schemas/base/result.hpp"

namespace truc::bench {

struct Unit {
  AgencyCode code;                  // as registered
  std::optional<AgencyCode> other;  // the same unit's code of the other generation
  std::string name;
  std::optional<AgencyCode> parent;
  Level level = Level::one;
  SystemId system;
};

// How many units each level has. Published for 1/9/2020: 116, 2,956, 889 and 6,328 of 10,291 ready
// units; the two that the parts leave out are counted to level four.
using LevelCounts = std::array<std::size_t, 4>;
constexpr std::size_t kUnitsOf2020 = 10'291;
constexpr std::size_t kUnitsOf2026 = 123'265;
constexpr std::size_t kUnitsMin = 8;

// Of the total alone: as published for 2020; another size keeps the proportions of levels two to
// four, and at most 116 units on level one.
LevelCounts level_counts(std::size_t units);

// Immutable. The same size gives the same nation every time.
class Nation {
 public:
  explicit Nation(std::size_t units);  // at least kUnitsMin

  const std::vector<Unit>& units() const { return units_; }
  // The file that truc-hub reads (PR-DIR). Failure: file_failed.
  Result<void> write_directory(const std::filesystem::path& file) const;

 private:
  std::vector<Unit> units_;  // level by level
};

}  // namespace truc::bench
