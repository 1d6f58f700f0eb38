#include "bench/load/verdict.hpp"

#include <catch2/catch.hpp>

#include "bench/subject/metrics.hpp"

using namespace truc::bench;

namespace {

Observed good() {
  Observed observed;
  observed.submitted = observed.accepted = observed.transfers = observed.hub_stored = 100;
  observed.deliveries_expected = observed.deliveries_mailed = 300;
  observed.handovers_expected = observed.handovers = 300;
  observed.receipts_examined = 2;
  observed.statuses = observed.statuses_accepted = observed.hub_statuses = 50;
  return observed;
}

}  // namespace

TEST_CASE("a run in which everything agrees is good", "[bench][verdict]") {
  CHECK(reasons_to_void(good()).empty());
}

TEST_CASE("a run is void for whatever was lost, doubled, invented or not looked at",
          "[bench][verdict]") {
  struct Case {
    const char* reason;
    void (*spoil)(Observed&);
  };
  const auto spoiled = GENERATE(
      Case{"got no answer", [](Observed& seen) { seen.unanswered = 1; }},
      Case{"were refused", [](Observed& seen) { seen.refused = 1; }},
      Case{"were accepted of", [](Observed& seen) { seen.submitted = 101; }},
      Case{"have 99 transfers", [](Observed& seen) { seen.transfers = 99; }},
      Case{"no receipt was examined", [](Observed& seen) { seen.receipts_examined = 0; }},
      Case{"receipts do not hold", [](Observed& seen) { seen.receipts_wrong = 1; }},
      Case{"the hub stored 99", [](Observed& seen) { seen.hub_stored = 99; }},
      Case{"the hub stored 101", [](Observed& seen) { seen.hub_stored = 101; }},
      Case{"met 1 documents again", [](Observed& seen) { seen.hub_repeated = 1; }},
      Case{"the hub refused 1", [](Observed& seen) { seen.hub_refused = 1; }},
      Case{"299 deliveries came", [](Observed& seen) { seen.deliveries_mailed = 299; }},
      Case{"301 deliveries came", [](Observed& seen) { seen.deliveries_mailed = 301; }},
      Case{"299 deliveries were handed", [](Observed& seen) { seen.handovers = 299; }},
      Case{"1 deliveries were handed over twice", [](Observed& seen) { seen.handovers_twice = 1; }},
      Case{"50 statuses were accepted of 51", [](Observed& seen) { seen.statuses = 51; }},
      Case{"the hub stored 49 statuses", [](Observed& seen) { seen.hub_statuses = 49; }},
      Case{"1 items did not arrive", [](Observed& seen) { seen.missing = 1; }},
      Case{"1 items arrived that nobody expected", [](Observed& seen) { seen.strangers = 1; }},
      Case{"1 deliveries went wrong", [](Observed& seen) { seen.handovers_wrong = 1; }},
      Case{"the hub ended", [](Observed& seen) { seen.is_hub_up = false; }});
  Observed observed = good();
  spoiled.spoil(observed);
  const auto reasons = reasons_to_void(observed);
  REQUIRE_FALSE(reasons.empty());
  CHECK_THAT(reasons.front(), Catch::Contains(spoiled.reason));
}

TEST_CASE("a run of nothing is void", "[bench][verdict]") {
  CHECK_FALSE(reasons_to_void(Observed()).empty());
}

TEST_CASE("series of one name are summed by label, and those of a longer name are left out",
          "[bench][metrics]") {
  const auto metrics = Metrics::parse(
      "# HELP d x\n# TYPE d counter\nd{level=\"1\",state=\"mailed\"} 2\n"
      "d{level=\"2\",state=\"mailed\"} 3\nd{level=\"2\",state=\"accepted\"} 7\nd_more 100\nplain "
      "4\n"
      "broken\n");
  CHECK(metrics.sum("d", "state=\"mailed\"") == 5);
  CHECK(metrics.sum("d") == 12);
  CHECK(metrics.sum("plain") == 4);
  CHECK(metrics.sum("absent") == 0);
}
