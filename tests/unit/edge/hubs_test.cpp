// Which hub is asked, over clients that answer as they are told.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <catch2/catch.hpp>

#include <deque>
#include <map>
#include <optional>

#include "edge-adapter/uplink/hubs.hpp"
#include "schemas/base/problem.hpp"

namespace truc::edge {
namespace {

using channel::ClientRequest;
using channel::ClientResponse;

ClientResponse answer(int status, std::string body = {}) {
  ClientResponse response;
  response.status = status;
  response.body = std::move(body);
  return response;
}

ClientResponse led_to(const std::string& location) {
  auto response = answer(421, to_problem_json(Failure(ErrorCode::served_elsewhere)));
  response.headers.set("Location", location);
  return response;
}

ClientResponse cut_off() {
  return answer(503, to_problem_json(Failure(ErrorCode::cut_off)));
}

// Hubs by "host:port"; one that is not there cannot be reached.
struct Fakes {
  std::map<std::string, std::function<Result<ClientResponse>()>> hubs;
  std::vector<std::string> asked;
};

class FakeClient final : public channel::HttpClient {
 public:
  FakeClient(Fakes& fakes, std::string address) : fakes_(fakes), address_(std::move(address)) {}
  asio::awaitable<Result<ClientResponse>> send(ClientRequest) override {
    fakes_.asked.push_back(address_);
    const auto hub = fakes_.hubs.find(address_);
    if (hub == fakes_.hubs.end()) co_return Failure(ErrorCode::peer_unreachable);
    co_return hub->second();
  }
  std::string hub() const override { return address_; }

 private:
  Fakes& fakes_;
  std::string address_;
};

struct Fixture {
  explicit Fixture(std::vector<std::string> known) {
    std::vector<HubAddress> addresses;
    for (const auto& one : known) addresses.push_back(parse_hub_address(one).value());
    hubs.emplace(
        addresses,
        [this](const HubAddress& address) {
          return std::make_unique<FakeClient>(fakes, address.text());
        },
        log);
  }
  Result<ClientResponse> ask() {
    fakes.asked.clear();
    std::optional<Result<ClientResponse>> got;
    asio::io_context context(1);
    auto body = [this, &got]() -> asio::awaitable<void> {
      auto sent = co_await hubs->send(ClientRequest(channel::Method::get, "/v1/mailbox"));
      got.emplace(std::move(sent));
    };
    asio::co_spawn(context, body(), [](std::exception_ptr error) {
      if (error) std::rethrow_exception(error);
    });
    context.run();
    return std::move(*got);
  }
  using Asked = std::vector<std::string>;

  telemetry::Log log{telemetry::LogLevel::error};
  Fakes fakes;
  std::optional<Hubs> hubs;
};

using Asked = Fixture::Asked;

}  // namespace

TEST_CASE("one hub is asked once, and its silence is told", "[edge][hubs]") {
  Fixture world({"a:1"});
  const auto got = world.ask();
  REQUIRE_FALSE(got);
  CHECK(got.error().code() == ErrorCode::peer_unreachable);
  CHECK(world.fakes.asked == Asked{"a:1"});
}

TEST_CASE("a hub that does not answer is left for the next, which is then asked first",
          "[edge][hubs]") {
  Fixture world({"a:1", "b:2"});
  world.fakes.hubs["b:2"] = [] { return answer(200, "b"); };
  CHECK(world.ask().value().body == "b");
  CHECK(world.fakes.asked == Asked{"a:1", "b:2"});
  CHECK(world.ask().value().body == "b");
  CHECK(world.fakes.asked == Asked{"b:2"});
}

TEST_CASE("a hub that is cut off or stops is left for the next", "[edge][hubs]") {
  Fixture world({"a:1", "b:2"});
  const bool stops = GENERATE(false, true);
  world.fakes.hubs["a:1"] = [stops]() -> Result<ClientResponse> {
    if (stops) return answer(503, to_problem_json(Failure(ErrorCode::shutting_down)));
    return cut_off();
  };
  world.fakes.hubs["b:2"] = [] { return answer(200, "b"); };
  CHECK(world.ask().value().body == "b");
}

TEST_CASE("a busy hub, and one that refuses, are not left", "[edge][hubs]") {
  Fixture world({"a:1", "b:2"});
  const auto code = GENERATE(ErrorCode::busy, ErrorCode::storage_failed);
  world.fakes.hubs["a:1"] = [code] { return answer(503, to_problem_json(Failure(code))); };
  CHECK(world.ask().value().status == 503);
  CHECK(world.fakes.asked == Asked{"a:1"});
  world.fakes.hubs["a:1"] = [] { return answer(404); };
  CHECK(world.ask().value().status == 404);
  CHECK(world.fakes.asked == Asked{"a:1"});
}

TEST_CASE("the hub that serves us is followed, also one that nobody has named before",
          "[edge][hubs]") {
  Fixture world({"a:1"});
  world.fakes.hubs["a:1"] = [] { return led_to("https://c.example:8443/"); };
  world.fakes.hubs["c.example:8443"] = [] { return answer(200, "c"); };
  CHECK(world.ask().value().body == "c");
  CHECK(world.ask().value().body == "c");
  CHECK(world.fakes.asked == Asked{"c.example:8443"});
  // Once it is gone, the one we know tells where to go.
  world.fakes.hubs.erase("c.example:8443");
  world.fakes.hubs["a:1"] = [] { return answer(200, "a"); };
  CHECK(world.ask().value().body == "a");
}

TEST_CASE("hubs that lead in circles, or to one that is gone, come to an end", "[edge][hubs]") {
  Fixture world({"a:1", "b:2"});
  SECTION("circles") {
    world.fakes.hubs["a:1"] = [] { return led_to("https://b:2/"); };
    world.fakes.hubs["b:2"] = [] { return led_to("https://a:1/"); };
    CHECK(world.ask().value().status == 421);
    CHECK(world.fakes.asked.size() == 4);
  }
  SECTION("gone") {
    world.fakes.hubs["b:2"] = [] { return led_to("https://a:1/"); };
    CHECK(world.ask().value().status == 421);
    CHECK(world.fakes.asked == Asked{"a:1", "b:2", "a:1", "b:2"});
  }
}

TEST_CASE("where a hub leads to nowhere, its answer stands", "[edge][hubs]") {
  Fixture world({"a:1", "b:2"});
  const std::string location = GENERATE("http://b:2/", "https://b/", "/v1/mailbox", "https://:2/",
                                        "https://b:99999/", "https://b:0/");
  world.fakes.hubs["a:1"] = [location] { return led_to(location); };
  CHECK(world.ask().value().status == 421);
  CHECK(world.fakes.asked == Asked{"a:1"});
}

TEST_CASE("addresses are read and written", "[edge][hubs]") {
  for (const std::string text : {"h1.example:8443", "127.0.0.1:1", "[::1]:65535"})
    CHECK(parse_hub_address(text).value().text() == text);
  for (const std::string text :
       {"", "h1", "h1:", ":1", "h1:0", "h1:65536", "h1:1x", "::1:1", "[]:1"}) {
    CAPTURE(text);
    CHECK(parse_hub_address(text).error().code() == ErrorCode::malformed_config);
  }
}

}  // namespace truc::edge
