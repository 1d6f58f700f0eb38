#include <catch2/catch.hpp>

#include "tests/unit/channel/world.hpp"

namespace truc::channel {
namespace {

using namespace std::chrono_literals;

std::string post(const std::string& target, const std::string& fields, const std::string& body) {
  return "POST " + target + " HTTP/1.1\r\nHost: hub\r\n" + fields + "\r\n" + body;
}

std::string sized(const std::string& target, const std::string& body) {
  return post(target, "Content-Length: " + std::to_string(body.size()) + "\r\n", body);
}

bool says_close(const std::string& answer) {
  return answer.find("\r\nConnection: close\r\n") != std::string::npos;
}

// One request on a connection of its own; the answer to it, and whether the connection then ended.
struct Refused {
  int status;
  std::string name;
};

Refused refused(World& world, const std::string& request) {
  const auto client = world.raw();
  client->send(request);
  const std::string answer = client->read_answer();
  CHECK(says_close(answer));
  CHECK(client->read_rest().empty());
  const std::string problem = body_of(answer);
  const std::size_t name = problem.find("\"name\":\"");
  if (name == std::string::npos) return {status_of(answer), ""};
  const std::size_t begin = name + 8;
  return {status_of(answer), problem.substr(begin, problem.find('"', begin) - begin)};
}

TEST_CASE("the handler sees who asks", "[channel][server]") {
  World world;
  RawClient client(world.server->port());
  REQUIRE(client.handshake(world.pki.operator_client("an.nguyen")));
  client.send(get_text("/who"));
  const std::string answer = client.read_answer();
  CHECK(status_of(answer) == 200);
  CHECK(body_of(answer) == "operator:an.nguyen");
  CHECK_THAT(answer, Catch::Contains("\r\nCache-Control: no-store\r\n"));
  CHECK_THAT(answer, Catch::Contains(" GMT\r\n"));
  CHECK_THAT(answer, !Catch::Contains("Server:"));
}

TEST_CASE("one connection carries many requests", "[channel][server]") {
  World world;
  const auto client = world.raw();
  for (int i = 0; i < 20; ++i) {
    client->send(sized("/echo", "number " + std::to_string(i)));
    REQUIRE(body_of(client->read_answer()) == "number " + std::to_string(i));
  }
  CHECK(world.probe.opened.now() == 1);
  CHECK(world.probe.answers.reaches(20));
}

TEST_CASE("requests sent ahead are answered in order", "[channel][server]") {
  World world;
  const auto client = world.raw();
  client->send(sized("/echo", "one") + sized("/echo", "two") + get_text("/who"));
  CHECK(body_of(client->read_answer()) == "one");
  CHECK(body_of(client->read_answer()) == "two");
  CHECK(body_of(client->read_answer()) == "system:00.53.W00");
}

TEST_CASE("a body of many megabytes streams through", "[channel][server]") {
  World world;
  const auto client = world.raw();
  client->send(sized("/count", std::string(20'000'000, 'x')));
  CHECK(body_of(client->read_answer()) == "20000000");
}

TEST_CASE("a chunked body is put together", "[channel][server]") {
  World world;
  const auto client = world.raw();
  const std::string chunks = "3\r\nabc\r\n5;ext=1\r\ndefgh\r\n0\r\n\r\n";
  client->send(post("/echo", "Transfer-Encoding: chunked\r\n", chunks));
  CHECK(body_of(client->read_answer()) == "abcdefgh");
  client->send(get_text("/who"));
  CHECK(status_of(client->read_answer()) == 200);
}

TEST_CASE("a body over the handler's limit is refused", "[channel][server]") {
  World world;
  const std::string large(limits::kMiB + 1, 'x');
  CHECK(refused(world, sized("/echo", large) + std::string(limits::kMiB, 'y')).status == 413);
}

TEST_CASE("a chunked body over the handler's limit is refused", "[channel][server]") {
  World world;
  const auto client = world.raw();
  std::string chunks;
  for (int i = 0; i < 17; ++i) chunks += "10000\r\n" + std::string(0x10000, 'x') + "\r\n";
  client->send(post("/echo", "Transfer-Encoding: chunked\r\n", chunks + "0\r\n\r\n"));
  CHECK(status_of(client->read_answer()) == 413);
}

TEST_CASE("a head that is not plain HTTP/1.1 is refused and the connection closed",
          "[channel][server]") {
  const auto request = GENERATE(
      as<std::string>{}, "hello\r\n\r\n", "GET /\r\n\r\n", "GET / HTTP/1.0\r\nHost: h\r\n\r\n",
      "GET / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a\r\n b: c\r\nbad name: d\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a\r\nX: a\x01z\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
      "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n"
      "0\r\n\r\n",
      "POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n"
      "0\r\n\r\n",
      "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc",
      "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 3, 3\r\n\r\nabc",
      "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: -1\r\n\r\n",
      "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999999999999999\r\n\r\n",
      "POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip\r\n\r\n",
      "POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
      "POST /echo HTTP/1.1\r\nHost: h\r\nExpect: miracles\r\nContent-Length: 1\r\n\r\n");
  CAPTURE(request);
  World world;
  const Refused answer = refused(world, request);
  CHECK(answer.status == 400);
  CHECK(answer.name == "malformed_request");
  CHECK(world.probe.answers.now() == 0);
}

TEST_CASE("a head over its limit is refused", "[channel][server]") {
  World world;
  const auto with_field = [](std::size_t size) {
    return "GET /who HTTP/1.1\r\nHost: h\r\nX-Long: " + std::string(size, 'x') + "\r\n\r\n";
  };
  const auto client = world.raw();
  client->send(with_field(limits::kHttpHeaderBytesMax - 200));
  CHECK(status_of(client->read_answer()) == 200);
  CHECK(refused(world, with_field(limits::kHttpHeaderBytesMax)).status == 431);
  CHECK(refused(world, with_field(3 * limits::kHttpHeaderBytesMax)).status == 431);
}

TEST_CASE("a target over its limit is refused, and the connection lives on", "[channel][server]") {
  World world;
  const auto client = world.raw();
  client->send(get_text("/" + std::string(limits::kHttpTargetBytesMax, 'a')));
  CHECK(status_of(client->read_answer()) == 431);
  client->send(get_text("/%00"));
  CHECK(status_of(client->read_answer()) == 400);
  client->send("PATCH / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nbody");
  const std::string answer = client->read_answer();
  CHECK(status_of(answer) == 405);
  CHECK_THAT(answer, Catch::Contains("\r\nAllow: "));
  client->send(get_text("/who"));
  CHECK(status_of(client->read_answer()) == 200);
}

TEST_CASE("a head that trickles is given up", "[channel][server]") {
  ServerSettings settings("127.0.0.1", 0);
  settings.timeouts.header = 20ms;
  World world(settings);
  const auto client = world.raw();
  client->send("GET / HTTP/1.1\r\nHost: h\r\nX-Slow:");
  CHECK(client->read_rest().empty());
  CHECK(world.probe.closed.reaches(1));
}

TEST_CASE("an idle connection is closed after its time", "[channel][server]") {
  ServerSettings settings("127.0.0.1", 0);
  settings.timeouts.idle = 20ms;
  World world(settings);
  const auto client = world.raw();
  CHECK(client->read_rest().empty());
  CHECK(world.probe.closed.reaches(1));
}

TEST_CASE("a body that stops coming is answered and the connection closed", "[channel][server]") {
  ServerSettings settings("127.0.0.1", 0);
  settings.timeouts.body_idle = 20ms;
  World world(settings);
  CHECK(refused(world, post("/echo", "Content-Length: 100\r\n", "abc")).name ==
        "deadline_exceeded");
}

TEST_CASE("a body that breaks off is a truncated one", "[channel][server]") {
  World world;
  const auto client = world.raw();
  client->send(post("/echo", "Content-Length: 100\r\n", "abc"));
  client->half_close();
  const std::string answer = client->read_answer();
  CHECK(status_of(answer) == 400);
  CHECK_THAT(answer, Catch::Contains("body_truncated"));
}

TEST_CASE("a malformed chunk is refused", "[channel][server]") {
  World world;
  const auto chunk = GENERATE(as<std::string>{}, "zz\r\nabc\r\n", "3\r\nabcdef\r\n0\r\n\r\n",
                              "fffffffffffffffff\r\n", "-1\r\n\r\n");
  CAPTURE(chunk);
  CHECK(refused(world, post("/echo", "Transfer-Encoding: chunked\r\n", chunk)).status == 400);
}

TEST_CASE("a client that expects it is told to continue when the body is wanted",
          "[channel][server]") {
  World world;
  const auto client = world.raw();
  const std::string fields = "Content-Length: 5\r\nExpect: 100-continue\r\n";
  client->send(post("/echo", fields, ""));
  CHECK(status_of(client->read_head()) == 100);
  client->send("hello");
  CHECK(body_of(client->read_answer()) == "hello");
  client->send(get_text("/who"));
  CHECK(status_of(client->read_answer()) == 200);
}

TEST_CASE("a client that expects it is not told to continue when nobody wants the body",
          "[channel][server]") {
  World world;
  const auto client = world.raw();
  client->send(post("/ignore", "Content-Length: 5\r\nExpect: 100-continue\r\n", ""));
  const std::string answer = client->read_answer();
  CHECK(status_of(answer) == 200);
  CHECK(says_close(answer));
}

TEST_CASE("an unread body is skipped when it is small, else the connection ends",
          "[channel][server]") {
  World world;
  const auto client = world.raw();
  client->send(sized("/ignore", std::string(500'000, 'x')) + get_text("/who"));
  CHECK(status_of(client->read_answer()) == 200);
  CHECK(body_of(client->read_answer()) == "system:00.53.W00");
  client->send(sized("/ignore", std::string(2'000'000, 'x')));
  const std::string answer = client->read_answer();
  CHECK(status_of(answer) == 200);
  CHECK(says_close(answer));
}

TEST_CASE("HEAD is answered without the body but with its length", "[channel][server]") {
  World world;
  const auto client = world.raw();
  client->send("HEAD /big HTTP/1.1\r\nHost: h\r\n\r\n");
  CHECK_THAT(client->read_head(), Catch::Contains("Content-Length: 1000000"));
  client->send("HEAD /source HTTP/1.1\r\nHost: h\r\n\r\n");
  CHECK_THAT(client->read_head(), Catch::Contains("Content-Length: 1000000"));
  client->send(get_text("/big"));
  CHECK(body_of(client->read_answer()) == std::string(1'000'000, 'b'));
}

TEST_CASE("an answer from a source arrives whole", "[channel][server]") {
  World world;
  const auto client = world.raw();
  client->send(get_text("/source") + get_text("/who"));
  CHECK(body_of(client->read_answer()) == std::string(1'000'000, 's'));
  CHECK(body_of(client->read_answer()) == "system:00.53.W00");
}

TEST_CASE("an answer whose source fails is seen as cut off", "[channel][server]") {
  World world;
  const auto client = world.raw();
  client->send(get_text("/cut"));
  CHECK_THAT(client->read_head(), Catch::Contains("Content-Length: 100000"));
  CHECK(client->read_rest().size() == 50'000);
}

TEST_CASE("an exception of a handler is answered as internal", "[channel][server]") {
  World world;
  const auto client = world.raw();
  client->send(get_text("/throw"));
  const std::string answer = client->read_answer();
  CHECK(status_of(answer) == 500);
  CHECK_THAT(answer, !Catch::Contains("from a handler"));
  client->send(get_text("/who"));
  CHECK(status_of(client->read_answer()) == 200);
}

TEST_CASE("a handler's header cannot split the answer", "[channel][server]") {
  World world;
  const auto client = world.raw();
  client->send(get_text("/split"));
  const std::string answer = client->read_answer();
  CHECK(status_of(answer) == 500);
  CHECK_THAT(answer, !Catch::Contains("X-Forged"));
}

TEST_CASE("a wait is cancelled when the client goes away", "[channel][server]") {
  World world;
  const auto leave = GENERATE(&RawClient::half_close, &RawClient::reset);
  const auto client = world.raw();
  client->send(get_text("/wait?wait=30"));
  REQUIRE(world.waiting.reaches(1));
  ((*client).*leave)();
  CHECK(world.cancelled.reaches(1));
  CHECK(world.probe.closed.reaches(1));
  CHECK(world.probe.answers.now() == 0);
}

TEST_CASE("what a client asked for without a wait is done although it goes away",
          "[channel][server]") {
  World world;
  const auto client = world.raw();
  client->send(GENERATE(post("/gate", "", ""), get_text("/gate"), post("/gate?wait=30", "", "")));
  REQUIRE(world.waiting.reaches(1));
  client->reset();
  world.gate = true;
  CHECK(world.probe.answers.reaches(1));
  CHECK(world.cancelled.now() == 0);
}

TEST_CASE("a wait goes on while the next request is already there", "[channel][server]") {
  World world;
  const auto client = world.raw();
  client->send(get_text("/gate"));
  REQUIRE(world.waiting.reaches(1));
  client->send(get_text("/who"));
  world.gate = true;
  CHECK(body_of(client->read_answer()) == "open");
  CHECK(body_of(client->read_answer()) == "system:00.53.W00");
}

TEST_CASE("an identity has so many connections and no more", "[channel][server]") {
  ServerSettings settings("127.0.0.1", 0);
  settings.connections_per_identity_max = 2;
  World world(settings);
  auto first = world.raw();
  const auto second = world.raw();
  for (RawClient* client : {first.get(), second.get()}) {
    client->send(get_text("/who"));
    REQUIRE(status_of(client->read_answer()) == 200);
  }
  CHECK(refused(world, get_text("/who")).name == "too_many_connections");

  RawClient other(world.server->port());
  REQUIRE(other.handshake(world.pki.system("00.54.W00", {"G12"})));
  other.send(get_text("/who"));
  CHECK(status_of(other.read_answer()) == 200);

  const int closed = world.probe.closed.now();
  first->reset();
  REQUIRE(world.probe.closed.reaches(closed + 1));
  const auto third = world.raw();
  third->send(get_text("/who"));
  CHECK(status_of(third->read_answer()) == 200);
}

TEST_CASE("the listener has so many connections and no more", "[channel][server]") {
  ServerSettings settings("127.0.0.1", 0);
  settings.connections_max = 1;
  World world(settings);
  const auto first = world.raw();
  first->send(get_text("/who"));
  REQUIRE(status_of(first->read_answer()) == 200);
  CHECK(refused(world, get_text("/who")).status == 503);
}

TEST_CASE("a stop closes idle connections and lets requests in flight end", "[channel][server]") {
  World world;
  const auto idle = world.raw();
  idle->send(get_text("/who"));
  REQUIRE(status_of(idle->read_answer()) == 200);
  const auto busy = world.raw();
  busy->send(get_text("/gate"));
  REQUIRE(world.waiting.reaches(1));

  auto stopping = std::async(std::launch::async, [&] { return world.stop(); });
  CHECK(idle->read_rest().empty());
  world.gate = true;
  const std::string answer = busy->read_answer();
  CHECK(body_of(answer) == "open");
  CHECK(says_close(answer));
  busy->half_close();
  CHECK(stopping.get());
  CHECK(world.probe.opened.now() == world.probe.closed.now());
}

TEST_CASE("a stop cancels requests that do not end in time", "[channel][server]") {
  ServerSettings settings("127.0.0.1", 0);
  settings.timeouts.shutdown = 20ms;
  World world(settings);
  const auto busy = world.raw();
  busy->send(get_text("/wait"));
  REQUIRE(world.waiting.reaches(1));
  auto stopping = std::async(std::launch::async, [&] { return world.stop(); });
  CHECK(world.cancelled.reaches(1));
  CHECK(busy->read_rest().empty());
  stopping.wait();
  CHECK(world.probe.closed.now() == 1);
}

TEST_CASE("a port that is taken cannot be listened on", "[channel][server]") {
  World world;
  const ServerSettings taken("127.0.0.1", world.server->port());
  const auto second = HttpServer::listen(
      world.loop.context(), taken, world.tls, [&](Request& r) { return world.answer(r); },
      world.log, world.probe);
  REQUIRE_REFUSED(second, peer_unreachable);
  CHECK_THAT(second.error().place(), Catch::Contains("127.0.0.1:"));
}

}  // namespace
}  // namespace truc::channel
