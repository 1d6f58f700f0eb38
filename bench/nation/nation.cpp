#include "bench/nation/nation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <fstream>

#include "bench/nation/names.hpp"
#include "schemas/base/check.hpp"

namespace truc::bench {
namespace {

constexpr LevelCounts kPublished = {116, 2'956, 889, 6'330};
constexpr std::size_t kBelowTop = 2'956 + 889 + 6'330;
static_assert(116 + kBelowTop == kUnitsOf2020);
constexpr std::size_t kMinistries = 53;  // G01 to G53; the other 63 are provinces, H01 to H63

// Where a unit stands: its number among the children of each unit above it, from the top.
struct Position {
  std::vector<std::size_t> numbers;
};

std::string top_code(std::size_t number) {
  return number < kMinistries ? fmt::format("G{:02}", number + 1)
                              : fmt::format("H{:02}", number - kMinistries + 1);
}

// Decision 20: from the top to the unit, a group each.
std::string new_code(const Position& position) {
  std::string code = top_code(position.numbers.front());
  for (std::size_t i = 1; i < position.numbers.size(); ++i)
    code += fmt::format(".{:02}", position.numbers[i] + 1);
  return code;
}

// QCVN 102: from the unit to the top, four groups. None where a number does not fit its group.
std::optional<std::string> old_code(const Position& position) {
  std::array<std::size_t, 3> below{};  // of levels two, three and four
  constexpr std::array<std::size_t, 3> kMax = {99, 99, 999};
  for (std::size_t i = 1; i < position.numbers.size(); ++i) {
    below[i - 1] = position.numbers[i] + 1;
    if (below[i - 1] > kMax[i - 1]) return std::nullopt;
  }
  return fmt::format("{:03}.{:02}.{:02}.{}", below[2], below[1], below[0],
                     top_code(position.numbers.front()));
}

AgencyCode parsed(const std::string& code) {
  auto agency = AgencyCode::parse(code);
  TRUC_CHECK(agency, "a generated code keeps the grammar");
  return std::move(agency).value();
}

SystemId system_of(const std::string& code) {
  auto system = SystemId::parse("W00." + code);
  TRUC_CHECK(system, "a generated system keeps the grammar");
  return std::move(system).value();
}

// Every third unit is still registered under its old code.
Unit make_unit(Level level, const Position& position, std::size_t ordinal, const Unit* above) {
  const std::string modern = new_code(position);
  const auto old = old_code(position);
  const bool is_old = old && ordinal % 3 == 0;
  std::optional<AgencyCode> other;
  if (old) other = parsed(is_old ? modern : *old);
  const std::size_t number = position.numbers.back();
  return Unit{.code = parsed(is_old ? *old : modern),
              .other = std::move(other),
              .name = invented_name(level, above && level == Level::two ? number : ordinal,
                                    above ? above->name : ""),
              .parent = above ? std::optional(above->code) : std::nullopt,
              .level = level,
              .system = system_of(modern)};
}

boost::json::object line_of(const Unit& unit) {
  boost::json::object line;
  line["code"] = unit.code.text();
  if (unit.other) line["other_codes"] = {unit.other->text()};
  line["name"] = unit.name;
  if (unit.parent) line["parent"] = unit.parent->text();
  line["system"] = unit.system.text();
  return line;
}

}  // namespace

LevelCounts level_counts(std::size_t units) {
  TRUC_CHECK(units >= kUnitsMin, "each level has a unit");
  LevelCounts counts{};
  counts[0] = std::clamp<std::size_t>(units * kPublished[0] / kUnitsOf2020, 1, kPublished[0]);
  const std::size_t rest = units - counts[0];
  counts[1] = std::max<std::size_t>(rest * kPublished[1] / kBelowTop, 1);
  counts[2] = std::max<std::size_t>(rest * kPublished[2] / kBelowTop, 1);
  counts[3] = rest - counts[1] - counts[2];
  return counts;
}

Nation::Nation(std::size_t units) {
  units_.reserve(units);
  std::vector<Position> positions;
  positions.reserve(units);
  std::size_t above_begin = 0;
  std::size_t above_count = 0;
  for (const Level level : kLevels) {
    const std::size_t begin = units_.size();
    const std::size_t count = level_counts(units)[static_cast<std::size_t>(number(level)) - 1];
    for (std::size_t ordinal = 0; ordinal < count; ++ordinal) {
      if (above_count == 0) {
        positions.push_back(Position{{ordinal}});
        units_.push_back(make_unit(level, positions.back(), ordinal, nullptr));
        continue;
      }
      const std::size_t above = above_begin + ordinal % above_count;
      Position position = positions[above];
      position.numbers.push_back(ordinal / above_count);
      units_.push_back(make_unit(level, position, ordinal, &units_[above]));
      positions.push_back(std::move(position));
    }
    above_begin = begin;
    above_count = count;
  }
}

Result<void> Nation::write_directory(const std::filesystem::path& file) const {
  std::ofstream out(file);
  for (const Unit& unit : units_) out << boost::json::serialize(line_of(unit)) << '\n';
  out.close();
  if (out) return success();
  return Failure(ErrorCode::file_failed).at(file.string());
}

}  // namespace truc::bench
