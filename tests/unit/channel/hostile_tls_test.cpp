// Below HTTP: what TLS does not offer, and connections that never get as far as an identity.
#include <openssl/ssl.h>

#include <catch2/catch.hpp>

#include "tests/unit/channel/world.hpp"

namespace truc::channel {
namespace {

using namespace std::chrono_literals;

void require_answer(RawClient& client) {
  client.send(get_text("/who"));
  REQUIRE(status_of(client.read_answer()) == 200);
}

// Connections that never say a word, until the server has seen them all.
std::vector<std::unique_ptr<RawClient>> silent(World& world, int count,
                                               const char* from = "127.0.0.1") {
  const int before = world.probe.opened.now();
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < count; ++i)
    clients.push_back(std::make_unique<RawClient>(world.server->port(), from));
  REQUIRE(world.probe.opened.reaches(before + count));
  return clients;
}

TEST_CASE("renegotiation is refused", "[channel][hostile]") {
  World world;
  RawClient client(world.server->port());
  REQUIRE(client.handshake(world.client(), TLS1_2_VERSION));
  require_answer(client);
  CHECK(!client.renegotiate());
}

TEST_CASE("nothing is compressed and nothing is taken early", "[channel][hostile]") {
  World world;
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    RawClient client(world.server->port());
    REQUIRE(client.handshake(world.client(), version));
    require_answer(client);
    CHECK(!client.compresses());
    CHECK(!client.may_send_early());
  }
}

TEST_CASE("octets that are no TLS end the connection", "[channel][hostile]") {
  World world;
  RawClient client(world.server->port());
  client.send_plain(get_text("/who"));
  REQUIRE(world.probe.refused.reaches(1));
  CHECK(world.probe.last_refusal() == ErrorCode::peer_protocol);
  CHECK(world.asked.now() == 0);
}

TEST_CASE("a handshake that stops halfway is given up", "[channel][hostile]") {
  ServerSettings settings("127.0.0.1", 0);
  settings.timeouts.handshake = 20ms;
  World world(settings);
  RawClient client(world.server->port());
  client.send_plain("\x16\x03\x01\x02");
  REQUIRE(world.probe.refused.reaches(1));
  CHECK(world.probe.last_refusal() == ErrorCode::deadline_exceeded);
  CHECK(world.probe.closed.reaches(1));
}

TEST_CASE("an address has so many handshakes at a time, and another address its own",
          "[channel][hostile]") {
  ServerSettings settings("127.0.0.1", 0);
  settings.handshakes_per_address_max = 3;
  World world(settings);
  const auto waiting = silent(world, 3);
  RawClient beyond(world.server->port());
  CHECK(!beyond.handshake(world.client()));
  CHECK(world.probe.dropped.reaches(1));

  RawClient elsewhere(world.server->port(), "127.0.0.2");
  REQUIRE(elsewhere.handshake(world.client()));
  require_answer(elsewhere);
}

TEST_CASE("a listener has so many handshakes at a time", "[channel][hostile]") {
  ServerSettings settings("127.0.0.1", 0);
  settings.handshakes_max = 2;
  World world(settings);
  const auto first = silent(world, 1);
  const auto second = silent(world, 1, "127.0.0.2");
  RawClient beyond(world.server->port(), "127.0.0.3");
  CHECK(!beyond.handshake(world.client()));
  CHECK(world.probe.dropped.reaches(1));
}

TEST_CASE("an admitted connection gives back its place among the handshakes",
          "[channel][hostile]") {
  ServerSettings settings("127.0.0.1", 0);
  settings.handshakes_max = 1;
  World world(settings);
  std::vector<std::unique_ptr<RawClient>> admitted;
  for (int i = 0; i < 5; ++i) {
    admitted.push_back(world.raw());
    require_answer(*admitted.back());
  }
  CHECK(world.probe.dropped.now() == 0);
}

TEST_CASE("a handshake that is given up gives back its place", "[channel][hostile]") {
  ServerSettings settings("127.0.0.1", 0);
  settings.handshakes_max = 1;
  World world(settings);
  auto gone = silent(world, 1);
  gone.front()->reset();
  REQUIRE(world.probe.closed.reaches(1));
  const auto next = world.raw();
  require_answer(*next);
}

TEST_CASE("a flood of silent connections does not keep out who is known", "[channel][hostile]") {
  ServerSettings settings("127.0.0.1", 0);
  settings.handshakes_per_address_max = 8;
  World world(settings);
  const auto known = world.raw();
  require_answer(*known);
  std::vector<std::unique_ptr<RawClient>> flood;
  for (int i = 0; i < 100; ++i)
    flood.push_back(std::make_unique<RawClient>(world.server->port(), "127.0.0.2"));
  CHECK(world.probe.dropped.reaches(92));
  require_answer(*known);
  const auto next = world.raw();
  require_answer(*next);
}

}  // namespace
}  // namespace truc::channel
