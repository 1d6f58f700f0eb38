// What the commands decide before they do anything.
#include <catch2/catch.hpp>

#include "edge-adapter/app/commands.hpp"
#include "edge-adapter/uplink/problem.hpp"
#include "tests/support/refusals.hpp"
#include "tests/unit/edge/world.hpp"

namespace truc::edge {
namespace {

EdgeConfig serving(const std::vector<std::string>& codes) {
  EdgeConfig config;
  for (const auto& code : codes)
    config.agencies.push_back(
        {.code = agency(code), .name = "", .key = "", .chain = "", .folder = ""});
  return config;
}

}  // namespace

TEST_CASE("the agency need not be named where there is only one", "[edge][commands]") {
  const auto one = serving({kSender});
  REQUIRE_OK(choose_agency(one, ""));
  CHECK(choose_agency(one, "").value()->code.text() == kSender);
  const auto two = serving({kSender, kRecipient});
  REQUIRE_REFUSED(choose_agency(two, ""), usage);
  REQUIRE_OK(choose_agency(two, kRecipient));
  REQUIRE_REFUSED(choose_agency(two, "H99"), agency_not_configured);
  REQUIRE_REFUSED(choose_agency(two, "h 99"), malformed_agency_code);
}

TEST_CASE("a hub's faults are read back as they were told", "[edge][commands]") {
  const FaultList told{
      .faults = {Failure(ErrorCode::recipient_unknown).at("/a").expected("b").found("c"),
                 Failure(ErrorCode::sender_closed)},
      .extent = FaultList::Extent::first};
  const auto read = read_fault_list(to_json(told));
  REQUIRE_OK(read);
  CHECK(to_json(read.value()) == to_json(told));
}

TEST_CASE("a fault that only a newer hub knows is shown as it is", "[edge][commands]") {
  const auto read = read_fault_list(R"({"faults":[{"name":"too_new"}],"complete":true})");
  REQUIRE_OK(read);
  REQUIRE(read.value().faults.size() == 1);
  CHECK(read.value().faults.front().found().find("too_new") != std::string::npos);
}

TEST_CASE("an answer that is no list of faults is not understood", "[edge][commands]") {
  for (const auto* text :
       {"", "{}", "[]", R"({"faults":[]})", R"({"faults":{},"complete":true})",
        R"({"faults":[1],"complete":true})", R"({"faults":[],"complete":"yes"})"}) {
    INFO(text);
    REQUIRE_REFUSED(read_fault_list(text), peer_protocol);
  }
}

}  // namespace truc::edge
