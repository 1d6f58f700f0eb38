// Several at once are told to the hub in one request, and none suffers for another.
#include "edge-adapter/uplink/confirmations.hpp"

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <catch2/catch.hpp>

#include <tuple>

#include "tests/support/refusals.hpp"
#include "tests/unit/edge/world.hpp"

namespace truc::edge {
namespace {

struct Fixture {
  TempFolder folder;
  PosixFiles files;
  World world{folder.path(), files, kSender};
  FakeHub& hub = world.hub();
  Confirmations confirmations{hub};

  DeliveryId id(int number) {
    return {
        TransferId::parse("0193563e-0000-7000-8000-00000000000" + std::to_string(number)).value(),
        0};
  }
  void deliver(int number) {
    hub.deliver_receipt("{}", agency(kRecipient), agency(kSender), id(number).transfer.text());
  }
  auto take(int number) {
    return confirmations.confirm({.delivery = id(number), .kind = std::nullopt, .receipt = {}});
  }
  using Outcomes = std::tuple<Result<void>, Result<void>, Result<void>>;
  Outcomes take_three() {
    using namespace asio::experimental::awaitable_operators;
    return world.run(take(1) && take(2) && take(3));
  }
};

}  // namespace

TEST_CASE_METHOD(Fixture, "what is filed while a request is on its way goes in one",
                 "[edge][inbound]") {
  for (const int number : {1, 2, 3}) deliver(number);
  const auto [first, second, third] = take_three();
  REQUIRE_OK(first);
  REQUIRE_OK(second);
  REQUIRE_OK(third);
  CHECK(hub.mailbox_size() == 0);
  CHECK(hub.confirmations == 2);
}

TEST_CASE_METHOD(Fixture, "one that the hub does not know holds up no other", "[edge][inbound]") {
  for (const int number : {1, 3}) deliver(number);
  const auto [first, second, third] = take_three();
  REQUIRE_OK(first);
  REQUIRE_REFUSED(second, delivery_unknown);
  REQUIRE_OK(third);
  CHECK(hub.mailbox_size() == 0);
}

TEST_CASE_METHOD(Fixture, "a broken line is told to all whom it met", "[edge][inbound]") {
  for (const int number : {1, 2, 3}) deliver(number);
  hub.fail_next(Failure(ErrorCode::peer_unreachable));
  hub.fail_next(Failure(ErrorCode::peer_unreachable));
  const auto [first, second, third] = take_three();
  REQUIRE_REFUSED(first, peer_unreachable);
  REQUIRE_REFUSED(second, peer_unreachable);
  REQUIRE_REFUSED(third, peer_unreachable);
  CHECK(hub.mailbox_size() == 3);
  CHECK(hub.confirmations == 2);
}

TEST_CASE_METHOD(Fixture, "receipts and what is taken go together, each with its outcome",
                 "[edge][inbound]") {
  using namespace asio::experimental::awaitable_operators;
  for (const int number : {1, 2, 3}) deliver(number);
  const auto put = [&](int number, std::string receipt) {
    return confirmations.confirm({.delivery = id(number),
                                  .kind = pki::ReceiptKind::delivered,
                                  .receipt = std::move(receipt)});
  };
  REQUIRE_OK(world.run(put(2, "the first")));
  const auto [first, second, third] = world.run(take(1) && put(2, "another") && put(3, "one"));
  REQUIRE_OK(first);
  REQUIRE_REFUSED(second, receipt_conflict);
  REQUIRE_OK(third);
  CHECK(hub.acknowledged(id(2), pki::ReceiptKind::delivered) == "the first");
  CHECK(hub.acknowledged(id(3), pki::ReceiptKind::delivered) == "one");
  CHECK(hub.confirmations == 3);
}

}  // namespace truc::edge
