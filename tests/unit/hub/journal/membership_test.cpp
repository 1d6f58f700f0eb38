#include <catch2/catch.hpp>
#include <map>
#include <set>

#include "hub/journal/membership.hpp"
#include "schemas/base/limits.hpp"

using namespace truc;
using hub::MemberChange;
using hub::Membership;

namespace {

MemberChange join(const std::string& hub, const std::string& run = "1") {
  return {.has_joined = true, .hub = hub, .run = run, .address = hub + ".example:8443"};
}

MemberChange leave(const std::string& hub, const std::string& run = "1") {
  return {.has_joined = false, .hub = hub, .run = run, .address = {}};
}

Membership of(std::initializer_list<std::string> hubs) {
  Membership membership;
  for (const auto& hub : hubs) membership.apply(join(hub));
  return membership;
}

std::map<std::string, std::string> owners(const Membership& membership) {
  std::map<std::string, std::string> owners;
  for (int i = 0; i < 1'000; ++i) {
    const auto system = "00." + std::to_string(i) + ".W00";
    owners[system] = membership.owner_of(system)->hub;
  }
  return owners;
}

}  // namespace

TEST_CASE("nobody serves where nobody has joined", "[hub][membership]") {
  REQUIRE(Membership().owner_of("00.53.W00") == nullptr);
}

TEST_CASE("the order in which hubs join does not matter to who serves whom", "[hub][membership]") {
  REQUIRE(owners(of({"h1", "h2", "h3"})) == owners(of({"h3", "h1", "h2"})));
}

TEST_CASE("who serves whom is the same in every version", "[hub][membership]") {
  const auto membership = of({"h1", "h2", "h3"});
  REQUIRE(membership.owner_of("00.01.W00")->hub == "h2");
  REQUIRE(membership.owner_of("00.02.W00")->hub == "h2");
  REQUIRE(membership.owner_of("00.53.W00")->hub == "h3");
  REQUIRE(membership.owner_of("relay")->hub == "h2");
}

TEST_CASE("each hub has about its share", "[hub][membership]") {
  std::map<std::string, int> shares;
  for (const auto& [system, hub] : owners(of({"h1", "h2", "h3", "h4"}))) ++shares[hub];
  REQUIRE(shares.size() == 4);
  for (const auto& [hub, share] : shares) {
    CAPTURE(hub);
    CHECK(share > 200);
    CHECK(share < 300);
  }
}

TEST_CASE("one that joins or leaves moves its own share only", "[hub][membership]") {
  const auto before = owners(of({"h1", "h2", "h3"}));
  const auto after = owners(of({"h1", "h2", "h3", "h4"}));
  for (const auto& [system, hub] : after) {
    if (hub != "h4") REQUIRE(before.at(system) == hub);
  }
  auto without = of({"h1", "h2", "h3", "h4"});
  without.apply(leave("h4"));
  REQUIRE(owners(without) == before);
}

TEST_CASE("an earlier run that is said to leave does not take the present one with it",
          "[hub][membership]") {
  Membership membership;
  CHECK(membership.apply(join("h1", "1")));
  CHECK_FALSE(membership.apply(join("h1", "1")));
  CHECK(membership.apply(join("h1", "2")));
  CHECK_FALSE(membership.apply(leave("h1", "1")));
  REQUIRE(membership.has("h1", "2"));
  REQUIRE_FALSE(membership.has("h1", "1"));
  REQUIRE(membership.members().size() == 1);
  CHECK(membership.apply(leave("h1", "2")));
  CHECK_FALSE(membership.apply(leave("h1", "2")));
  REQUIRE(membership.members().empty());
}

TEST_CASE("no more than so many hubs join", "[hub][membership]") {
  Membership membership;
  for (std::size_t i = 0; i <= limits::kHubsMax; ++i)
    membership.apply(join("h" + std::to_string(i)));
  REQUIRE(membership.members().size() == limits::kHubsMax);
}

TEST_CASE("members are written and read", "[hub][membership]") {
  const auto membership = of({"h1", "h2"});
  const auto read = Membership::parse(membership.to_json());
  REQUIRE(read);
  REQUIRE(read.value().to_json() == membership.to_json());
  REQUIRE(read.value().members().at(1).address == "h2.example:8443");
  REQUIRE(Membership::parse("").value().members().empty());
  for (const std::string text :
       {"{", "{}", "[1]", R"([{"hub":"h1"}])", R"([{"hub":"h1","run":1,"address":"a:1"}])"}) {
    CAPTURE(text);
    REQUIRE(Membership::parse(text).error().code() == ErrorCode::malformed_record);
  }
}
