// The lines of POST /v1/deliveries: one spelling of each, and what is none.
#include <catch2/catch.hpp>

#include "pki/receipt/confirmations.hpp"
#include "tests/support/refusals.hpp"

using namespace truc;
using pki::Confirmation;
using pki::ReceiptKind;

namespace {

const std::string kDelivery = "0199c1d4-8a2b-7c3d-9e4f-5a6b7c8d9e0f.3";

Confirmation of(std::optional<ReceiptKind> kind, std::string receipt) {
  return {.delivery = DeliveryId::parse(kDelivery).value(),
          .kind = kind,
          .receipt = std::move(receipt)};
}

}  // namespace

TEST_CASE("confirmations have one spelling, and read as they were", "[pki][receipt]") {
  const std::vector<Confirmation> confirmations = {of(ReceiptKind::delivered, R"({"a": "b c/d"})"),
                                                   of(std::nullopt, ""),
                                                   of(ReceiptKind::registered, "{}")};
  const auto lines = pki::write_confirmations(confirmations);
  CHECK(lines == kDelivery + R"(/delivered {"a": "b c/d"})" + '\n' + kDelivery + "/taken\n" +
                     kDelivery + "/registered {}");
  for (const auto& body : {lines, lines + '\n'}) {
    const auto read = pki::parse_confirmations(body).value();
    REQUIRE(read.size() == confirmations.size());
    for (std::size_t i = 0; i < read.size(); ++i) {
      CHECK(read[i].delivery == confirmations[i].delivery);
      CHECK(read[i].kind == confirmations[i].kind);
      CHECK(read[i].receipt == confirmations[i].receipt);
    }
  }
}

TEST_CASE("a line that is none is refused with its number", "[pki][receipt]") {
  const std::string good = kDelivery + "/taken\n";
  const auto line =
      GENERATE(as<std::string>(), "", "\n", kDelivery, kDelivery + "/", kDelivery + "/taken {}",
               kDelivery + "/delivered", kDelivery + "/accepted {}", kDelivery + " /taken",
               kDelivery + "/Taken", "/taken");
  const auto read = pki::parse_confirmations(good + line + "\n" + good);
  REQUIRE_FALSE(read);
  CHECK(read.error().place() == "line 2");
}

TEST_CASE("there is a most of lines in a request", "[pki][receipt]") {
  const std::vector<Confirmation> most(pki::kConfirmationsMax, of(std::nullopt, ""));
  const auto lines = pki::write_confirmations(most);
  CHECK(pki::parse_confirmations(lines).value().size() == pki::kConfirmationsMax);
  REQUIRE_REFUSED(pki::parse_confirmations(lines + '\n' + kDelivery + "/taken"), malformed_request);
}
