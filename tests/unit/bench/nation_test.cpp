#include "bench/nation/nation.hpp"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <map>
#include <numeric>
#include <set>

#include "hub/directory/directory.hpp"
#include "schemas/base/problem.hpp"

using namespace truc;
using namespace truc::bench;

namespace {

std::size_t count(const Nation& nation, Level level) {
  return static_cast<std::size_t>(
      std::ranges::count(nation.units(), level, [](const Unit& unit) { return unit.level; }));
}

// As the hub reads what the nation writes.
std::shared_ptr<const hub::Directory> as_read(const Nation& nation) {
  const auto file = std::filesystem::temp_directory_path() /
                    ("truc-nation-" + std::to_string(getpid()) + ".jsonl");
  REQUIRE(nation.write_directory(file));
  auto directory = hub::Directory::load(file);
  std::filesystem::remove(file);
  if (!directory) FAIL(to_log_line(directory.error()));
  return std::move(directory).value();
}

}  // namespace

TEST_CASE("the nation of 2020 has the published number of units on each level", "[bench][nation]") {
  CHECK(level_counts(kUnitsOf2020) == LevelCounts{116, 2'956, 889, 6'330});
  const Nation nation(kUnitsOf2020);
  CHECK(nation.units().size() == 10'291);
  CHECK(count(nation, Level::one) == 116);
  CHECK(count(nation, Level::four) == 6'330);
}

TEST_CASE("another size keeps its total and has every level", "[bench][nation]") {
  for (const std::size_t units : {kUnitsMin, std::size_t{100}, kUnitsOf2026}) {
    const auto counts = level_counts(units);
    CHECK(std::accumulate(counts.begin(), counts.end(), std::size_t{0}) == units);
    CHECK(std::ranges::min(counts) >= 1);
    CHECK(counts[0] <= 116);
  }
}

TEST_CASE("the hub reads the directory and finds both codes on the same level", "[bench][nation]") {
  const Nation nation(1'000);
  const auto directory = as_read(nation);
  CHECK(directory->size() == 1'000);
  std::set<AgencyCode::Generation> generations;
  for (const Unit& unit : nation.units()) {
    generations.insert(unit.code.generation());
    const auto* found = directory->find(unit.code);
    REQUIRE(found != nullptr);
    CHECK(found->level == unit.level);
    CHECK(found->system == unit.system);
    REQUIRE(unit.other);
    CHECK(directory->find(*unit.other) == found);
  }
  CHECK(generations ==
        std::set{AgencyCode::Generation::qcvn102, AgencyCode::Generation::decision20});
}

TEST_CASE("every unit has a system of its own and a parent one level above", "[bench][nation]") {
  const Nation nation(1'000);
  std::map<AgencyCode, Level> levels;
  std::set<SystemId> systems;
  for (const Unit& unit : nation.units()) {
    CHECK(systems.insert(unit.system).second);
    levels.emplace(unit.code, unit.level);
    if (unit.level == Level::one) continue;
    REQUIRE(unit.parent);
    CHECK(number(levels.at(*unit.parent)) == number(unit.level) - 1);
  }
}

TEST_CASE("a larger nation has units that the old codes cannot name", "[bench][nation]") {
  const Nation nation(45'000);
  const auto& units = nation.units();
  CHECK(units.size() == 45'000);
  CHECK(std::ranges::any_of(units, [](const Unit& unit) { return !unit.other; }));
}

TEST_CASE("the same size gives the same nation", "[bench][nation]") {
  const Nation one(100);
  const Nation other(100);
  CHECK(std::ranges::equal(one.units(), other.units(), {}, &Unit::code, &Unit::code));
  CHECK(std::ranges::equal(one.units(), other.units(), {}, &Unit::name, &Unit::name));
}
