#include "edge-adapter/bridge/drop_folder.hpp"

#include <catch2/catch.hpp>

#include <filesystem>

#include "tests/unit/edge/world.hpp"

namespace truc::edge {
namespace {

std::vector<std::string> names(const std::vector<Drop>& drops) {
  std::vector<std::string> out;
  for (const auto& drop : drops) out.push_back(drop.name);
  return out;
}

}  // namespace

TEST_CASE("a thing is taken when an event calls it whole, or when it has settled", "[edge][drop]") {
  const TempFolder folder;
  PosixFiles files;
  const std::string out = folder.path();
  REQUIRE(files.create(out + "/a.edxml", "x", Access::own));
  const Time now = SystemClock().now();
  CHECK(find_drops(files, out, {}, now, 10).value().empty());
  CHECK(names(find_drops(files, out, {"a.edxml"}, now, 10).value()) ==
        std::vector<std::string>{"a.edxml"});
  CHECK(find_drops(files, out, {}, now + kSettledAfter, 10).value().size() == 1);
}

TEST_CASE("a folder in which somebody still writes is not taken", "[edge][drop]") {
  const TempFolder folder;
  PosixFiles files;
  const std::string out = folder.path();
  std::filesystem::create_directory(out + "/letter");
  REQUIRE(files.create(out + "/letter/envelope.edxml", "x", Access::own));
  const auto old = std::filesystem::file_time_type::clock::now() - std::chrono::hours(1);
  std::filesystem::last_write_time(out + "/letter", old);
  const Time now = SystemClock().now();
  CHECK(find_drops(files, out, {}, now, 10).value().empty());
  CHECK(find_drops(files, out, {}, now + kSettledAfter, 10).value().size() == 1);
}

TEST_CASE("the oldest drops come first, and not more than asked for", "[edge][drop]") {
  const TempFolder folder;
  PosixFiles files;
  const std::string out = folder.path();
  const auto hour = std::chrono::hours(1);
  int age = 0;
  for (const char* name : {"young.edxml", "middle.edxml", "old.edxml", ".tmp.edxml"}) {
    REQUIRE(files.create(out + "/" + name, "x", Access::own));
    std::filesystem::last_write_time(out + "/" + name,
                                     std::filesystem::file_time_type::clock::now() - ++age * hour);
  }
  const auto drops = find_drops(files, out, {}, SystemClock().now(), 2);
  CHECK(names(drops.value()) == std::vector<std::string>{"old.edxml", "middle.edxml"});
}

}  // namespace truc::edge
