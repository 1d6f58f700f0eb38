// Several at once go off the mailbox in one request, and none suffers for another.
#include "edge-adapter/uplink/take_off.hpp"

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
  TakeOff take_off{hub};

  DeliveryId id(int number) {
    return {
        TransferId::parse("0193563e-0000-7000-8000-00000000000" + std::to_string(number)).value(),
        0};
  }
  void deliver(int number) {
    hub.deliver_receipt("{}", agency(kRecipient), agency(kSender), id(number).transfer.text());
  }
  using Outcomes = std::tuple<Result<void>, Result<void>, Result<void>>;
  Outcomes take_three() {
    using namespace asio::experimental::awaitable_operators;
    return world.run(take_off.take(id(1)) && take_off.take(id(2)) && take_off.take(id(3)));
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
  CHECK(hub.removals == 2);
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
  CHECK(hub.removals == 2);
}

}  // namespace truc::edge
