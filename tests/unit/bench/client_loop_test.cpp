#include "bench/load/client_loop.hpp"

#include <catch2/catch.hpp>

#include "schemas/base/problem.hpp"
#include "tests/support/test_pki.hpp"

using namespace truc;
using namespace truc::bench;
using namespace std::chrono_literals;

namespace {

const Endpoint kNobody{"127.0.0.1", 1};  // without a certificate none is asked

std::unique_ptr<ClientLoop> make_loop() {
  const testing::TestPki pki;
  auto loop = ClientLoop::make(pki.anchors());
  if (!loop) FAIL(to_log_line(loop.error()));
  return std::move(loop).value();
}

}  // namespace

TEST_CASE("A lost request is told by the loop, not within send", "[bench]") {
  const auto loop = make_loop();
  const auto connection = loop->connect(kNobody, Identity());
  REQUIRE(loop->failed() == 1);
  int told = 0;
  loop->send(connection, make_request("GET", "/"), [&](const Answer& answer) {
    ++told;
    CHECK(answer.status == 0);
    CHECK(answer.failure == "the connection is lost");
  });
  CHECK(told == 0);
  REQUIRE(loop->run_until([&] { return told > 0; }, Steady::now() + 60s));
  CHECK(told == 1);
}

TEST_CASE("Requests sent as others are lost do not nest", "[bench]") {
  constexpr int kRequests = 200'000;  // frames of as many would not fit into a stack
  const auto loop = make_loop();
  const auto connection = loop->connect(kNobody, Identity());
  const auto request = make_request("GET", "/");
  int told = 0;
  std::function<void(const Answer&)> send_again;
  send_again = [&](const Answer&) {
    if (++told < kRequests)
      loop->send(connection, request, [&](const Answer& answer) { send_again(answer); });
  };
  send_again(Answer());
  REQUIRE(loop->run_until([&] { return told == kRequests; }, Steady::now() + 60s));
}
