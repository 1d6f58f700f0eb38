#include "hub/directory/directory.hpp"

#include <catch2/catch.hpp>
#include <sstream>

#include "hub/directory/fold.hpp"
#include "hub/directory/representation.hpp"
#include "schemas/base/limits.hpp"
#include "tests/support/hub/hub_world.hpp"
#include "tests/support/refusals.hpp"

namespace truc::hub {
namespace {

using namespace std::chrono;
using namespace testing;

constexpr sys_days kToday = 2026y / November / 22;

Result<std::shared_ptr<const Directory>> read(const std::string& lines) {
  std::istringstream stream(lines);
  return Directory::read(stream, "agencies.jsonl");
}

std::string line(const std::string& code, const std::string& more = "") {
  return R"({"code":")" + code + R"(","name":"x","system":"00.01.W00")" + more + "}\n";
}

std::string closed(const std::string& code, const std::string& successors) {
  return line(code, R"(,"closed":"2025-07-01","successors":[)" + successors + "]");
}

// A succession of `steps` closures that ends at an open agency.
std::string chain(std::size_t steps) {
  std::string lines = line("H53.99");
  for (std::size_t i = 0; i < steps; ++i) {
    const auto next = i + 1 == steps ? "H53.99" : "H53." + std::to_string(i + 10 + 1);
    lines += closed("H53." + std::to_string(i + 10), '"' + next + '"');
  }
  return lines;
}

TEST_CASE("an agency is found by its registered and by its other code", "[hub][directory]") {
  const auto directory = directory_from(sample_directory());
  REQUIRE(directory->find(agency("G22")) == directory->find(agency(kOffice)));
  REQUIRE(directory->find(agency(kOffice))->level == Level::one);
  REQUIRE(directory->find(agency(kTax))->level == Level::two);
  REQUIRE(directory->find(agency(kUnknown)) == nullptr);
}

TEST_CASE("a file that could route wrongly is refused at its line", "[hub][directory]") {
  struct Case {
    std::string lines;
    std::string place;
  };
  const auto c = GENERATE(
      Case{line("H01") + line("H01"), "agencies.jsonl:2"},
      Case{line("H01") + line("H02", R"(,"other_codes":["H01"])"), "agencies.jsonl:2"},
      Case{line("H01", R"(,"other_codes":["H09"])") + line("H02", R"(,"other_codes":["H09"])"),
           "agencies.jsonl:2"},
      Case{line("H01") + closed("H02", R"("H03")"), "agencies.jsonl:2"},
      Case{line("H01", R"(,"successors":["H02"])"), "agencies.jsonl:1"},
      Case{line("H01") + "{]\n", "agencies.jsonl:2"}, Case{"[]\n", "agencies.jsonl:1"},
      Case{line("h01"), "agencies.jsonl:1"},
      Case{line("1137.H53"), "agencies.jsonl:1"},  // irregular: the line must tell the level
      Case{line("H01", R"(,"level":5)"), "agencies.jsonl:1"},
      Case{line("H01", R"(,"level":"1")"), "agencies.jsonl:1"},
      Case{line("H01", R"(,"succesors":[])"), "agencies.jsonl:1"},
      Case{line("H01", R"(,"closed":"2025/07/01")"), "agencies.jsonl:1"},
      Case{line("H01", R"(,"closed":"2025-02-30")"), "agencies.jsonl:1"},
      Case{line("H01", R"(,"opened":"2026-01-01","closed":"2025-01-01")"), "agencies.jsonl:1"},
      Case{R"({"code":"H01","system":"00.01.W00"})", "agencies.jsonl:1"},
      Case{R"({"code":"H01","name":"x"})", "agencies.jsonl:1"},
      Case{R"({"name":"x","system":"00.01.W00"})", "agencies.jsonl:1"});
  const auto loaded = read(c.lines);
  CAPTURE(c.lines);
  REQUIRE_REFUSED(loaded, directory_malformed);
  REQUIRE(loaded.error().place() == c.place);
}

TEST_CASE("a succession that leads back to itself is refused", "[hub][directory]") {
  REQUIRE_REFUSED(read(closed("H01", R"("H01")")), directory_malformed);
  REQUIRE_REFUSED(
      read(closed("H01", R"("H02")") + closed("H02", R"("H03")") + closed("H03", R"("H01")")),
      directory_malformed);
  REQUIRE_REFUSED(read(line("H04") + closed("H01", R"("H04","H02")") + closed("H02", R"("H01")")),
                  directory_malformed);
}

TEST_CASE("a succession is followed to its limit and refused one step beyond", "[hub][directory]") {
  const auto longest = read(chain(limits::kSuccessionsMax));
  REQUIRE_OK(longest);
  const auto resolved = longest.value()->resolve(agency("H53.10"), kToday);
  REQUIRE_OK(resolved);
  REQUIRE(resolved.value()->code == agency("H53.99"));
  REQUIRE_REFUSED(read(chain(limits::kSuccessionsMax + 1)), directory_malformed);
}

TEST_CASE("who receives depends on the day", "[hub][directory]") {
  const auto directory = directory_from(sample_directory());
  const sys_days closing = 2025y / July / 1;
  REQUIRE(directory->resolve(agency(kMerged), closing - days{1}).value()->code == agency(kMerged));
  REQUIRE(directory->resolve(agency(kMerged), closing).value()->code == agency(kTown));
  REQUIRE_REFUSED(directory->resolve(agency(kFuture), kToday), recipient_unknown);
  REQUIRE_OK(directory->resolve(agency(kFuture), 2999y / January / 1));
}

TEST_CASE("a closed agency without one successor names those to choose from", "[hub][directory]") {
  const auto directory = directory_from(sample_directory());
  const auto split = directory->resolve(agency(kSplit), kToday);
  REQUIRE_REFUSED(split, recipient_closed);
  REQUIRE(split.error().expected() == "000.20.32.H53, 000.00.13.H53");
  REQUIRE_REFUSED(directory->resolve(agency(kEnded), kToday), recipient_closed);
}

TEST_CASE("the day changes at midnight in Vietnam", "[hub][directory]") {
  const Time before = parse_rfc3339("2025-06-30T16:59:59.999Z").value();
  REQUIRE(vietnam_day(before) == sys_days{2025y / June / 30});
  REQUIRE(vietnam_day(before + 1ms) == sys_days{2025y / July / 1});
}

TEST_CASE("a search ignores case and diacritics and pages through", "[hub][directory]") {
  REQUIRE(fold("Ủy ban Đồng ĐĂNG") == "uy ban dong dang");
  REQUIRE(fold("Uy\xcc\x89 \xff") == "uy ");  // a combining mark, and a byte that is not UTF-8
  const auto directory = directory_from(sample_directory());
  const auto found = directory->search({"so thong tin", std::nullopt, "", 10});
  REQUIRE(found.agencies.size() == 1);
  REQUIRE(found.agencies[0]->code == agency(kProvince));
  REQUIRE(directory->search({"h53", Level::three, "", 100}).agencies.size() == 5);
  REQUIRE(directory->search({"nothing like this", std::nullopt, "", 10}).agencies.empty());
}

TEST_CASE("pages join without gap or repetition", "[hub][directory]") {
  const auto directory = directory_from(sample_directory());
  std::vector<std::string> codes;
  AgencySearch search{"", std::nullopt, "", 2};
  do {
    const auto page = directory->search(search);
    REQUIRE(page.agencies.size() <= 2);
    for (const Agency* one : page.agencies) codes.push_back(one->code.text());
    search.after = page.next;
  } while (!search.after.empty());
  REQUIRE(codes.size() == directory->size());
  REQUIRE(std::ranges::is_sorted(codes));
  REQUIRE(std::ranges::adjacent_find(codes) == codes.end());
}

TEST_CASE("a page is never larger than its limit", "[hub][directory]") {
  std::string lines;
  for (std::size_t i = 0; i <= limits::kDirectoryPageMax; ++i)
    lines += line("H01." + std::to_string(1'000 + i));
  const auto page = read(lines).value()->search({"", std::nullopt, "", 100'000});
  REQUIRE(page.agencies.size() == limits::kDirectoryPageMax);
  REQUIRE(page.next == "H01.1199");
}

TEST_CASE("a peer acts for what certificate and directory agree on", "[hub][directory]") {
  const auto directory = directory_from(sample_directory());
  const auto office = peer_of(kOffice);
  const auto thief = system_peer("00.66.W00", {kOffice});  // named, but registered elsewhere
  const auto neighbour = system_peer(kOfficeSystem, {kTax});
  REQUIRE(Representation(office, *directory, kToday).acts_for(agency("G22")));
  REQUIRE_FALSE(Representation(office, *directory, kToday).acts_for(agency(kTax)));
  REQUIRE_FALSE(Representation(thief, *directory, kToday).acts_for(agency(kOffice)));
  REQUIRE_FALSE(Representation(neighbour, *directory, kToday).acts_for(agency(kTax)));
  REQUIRE_FALSE(Representation(operator_peer(), *directory, kToday).acts_for(agency(kOffice)));
  REQUIRE(Representation(thief, *directory, kToday).codes().empty());
}

TEST_CASE("a successor acts for the agency that it follows, and only once that one is closed",
          "[hub][directory]") {
  const auto directory = directory_from(sample_directory());
  const auto town = system_peer(kProvinceSystem, {kTown});
  REQUIRE(Representation(town, *directory, kToday).acts_for(agency(kMerged)));
  REQUIRE_FALSE(Representation(town, *directory, 2025y / June / 30).acts_for(agency(kMerged)));
  REQUIRE_FALSE(Representation(town, *directory, kToday).acts_for(agency(kSplit)));
}

TEST_CASE("a peer's codes are all codes of its agencies", "[hub][directory]") {
  const auto directory = directory_from(sample_directory());
  const auto peer = system_peer(kOfficeSystem, {kOffice});
  REQUIRE(Representation(peer, *directory, kToday).codes() ==
          std::vector{agency(kOffice), agency("G22")});
}

}  // namespace
}  // namespace truc::hub
