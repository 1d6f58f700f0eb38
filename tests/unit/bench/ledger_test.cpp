#include "bench/load/ledger.hpp"

#include <catch2/catch.hpp>

using truc::bench::Ledger;

TEST_CASE("what was expected and arrived balances, in whichever order", "[bench][ledger]") {
  Ledger ledger;
  CHECK(ledger.is_balanced());
  ledger.expect("a");
  ledger.arrived("b");
  CHECK_FALSE(ledger.is_balanced());
  ledger.arrived("a");
  ledger.expect("b");
  CHECK(ledger.is_balanced());
}

TEST_CASE("what does not arrive is missing and has a name", "[bench][ledger]") {
  Ledger ledger;
  ledger.expect("document 1");
  ledger.expect("document 2");
  ledger.arrived("document 1");
  CHECK(ledger.missing() == 1);
  CHECK(ledger.strangers() == 0);
  CHECK(ledger.a_missing_one() == "document 2");
  CHECK(ledger.a_stranger().empty());
}

TEST_CASE("what arrives twice or was never sent is a stranger", "[bench][ledger]") {
  Ledger ledger;
  ledger.expect("once");
  ledger.arrived("once");
  ledger.arrived("once");
  ledger.arrived("never");
  CHECK_FALSE(ledger.is_balanced());
  CHECK(ledger.strangers() == 2);
  CHECK(ledger.missing() == 0);
}
