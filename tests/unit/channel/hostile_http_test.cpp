// Octets that two readers could take for different requests: each is refused and the connection
// closed, and what stands behind it is never read as a request.
#include <catch2/catch.hpp>

#include "tests/unit/channel/world.hpp"

namespace truc::channel {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;

const std::string kNext = get_text("/who");  // what a smuggler wants to be read

struct Hostile {
  std::string what;
  std::string octets;
  int status = 400;
  std::string code = "malformed_request";
};

std::string head(const std::string& lines) {
  return "POST /echo HTTP/1.1\r\n" + lines + "\r\n";
}

std::string hosted(const std::string& lines) {
  return head("Host: hub\r\n" + lines);
}

std::string name_of(const std::string& answer) {
  const std::string key = "\"name\":\"";
  const std::size_t begin = answer.find(key);
  if (begin == std::string::npos) return "";
  const std::size_t name = begin + key.size();
  return answer.substr(name, answer.find('"', name) - name);
}

// Sends the octets with a request behind them; exactly one answer comes back, then the end.
void require_refused(World& world, const Hostile& hostile) {
  INFO(hostile.what);
  const auto client = world.raw();
  client->send(hostile.octets + kNext);
  const std::string answer = client->read_answer();
  CHECK(status_of(answer) == hostile.status);
  CHECK(name_of(answer) == hostile.code);
  CHECK_THAT(answer, Catch::Contains("\r\nConnection: close\r\n"));
  CHECK(client->read_rest() == "");
}

std::string fields(std::size_t count) {
  std::string lines;
  for (std::size_t i = 0; i < count; ++i) lines += "X-" + std::to_string(i) + ": 1\r\n";
  return lines;
}

// GET /who with a head of exactly so many bytes.
std::string sized_head(std::size_t bytes) {
  const std::string front = "GET /who HTTP/1.1\r\nHost: hub\r\nX-Long: ";
  const std::string end = "\r\n\r\n";
  return front + std::string(bytes - front.size() - end.size(), 'x') + end;
}

const std::vector<Hostile> kHeads = {
    {"no HTTP at all", "hello\r\n\r\n"},
    {"HTTP/0.9", "GET /\r\n\r\n"},
    {"HTTP/1.0", "GET / HTTP/1.0\r\nHost: hub\r\n\r\n"},
    {"HTTP/1.2", "GET / HTTP/1.2\r\nHost: hub\r\n\r\n"},
    {"HTTP/9.9", "GET / HTTP/9.9\r\nHost: hub\r\n\r\n"},
    {"http in small letters", "GET / http/1.1\r\nHost: hub\r\n\r\n"},
    {"the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"},
    {"an empty line in front", "\r\nGET /who HTTP/1.1\r\nHost: hub\r\n\r\n"},
    {"a space in front", " GET /who HTTP/1.1\r\nHost: hub\r\n\r\n"},
    {"two spaces in the request line", "GET  /who HTTP/1.1\r\nHost: hub\r\n\r\n"},
    {"a space at the end of the request line", "GET /who HTTP/1.1 \r\nHost: hub\r\n\r\n"},
    {"a tab in the request line", "GET\t/who HTTP/1.1\r\nHost: hub\r\n\r\n"},
    {"a method with a colon", "GE:T /who HTTP/1.1\r\nHost: hub\r\n\r\n"},
    {"a NUL in the target", "GET /wh\0o HTTP/1.1\r\nHost: hub\r\n\r\n"s},
    {"bare line feeds", "GET /who HTTP/1.1\nHost: hub\n\n"},
    {"a bare line feed behind a field", "GET /who HTTP/1.1\r\nHost: hub\nX: 1\r\n\r\n"},
    {"a bare line feed as the end", "GET /who HTTP/1.1\r\nHost: hub\r\n\n"},
    {"a bare carriage return in a value", hosted("X: a\rContent-Length: 9\r\n")},
    {"a bare carriage return as the end", "GET /who HTTP/1.1\r\nHost: hub\r\n\rX"},
    {"a NUL in a value", hosted(std::string("X: a\0b\r\n", 8))},
    {"a control character in a value", hosted("X: a\x01z\r\n")},
    {"a DEL in a value", hosted("X: a\x7fz\r\n")},
    {"a folded line", hosted("X: a\r\n b\r\n")},
    {"a folded line with a tab", hosted("X: a\r\n\tb\r\n")},
    {"a folded length", hosted("Content-Length:\r\n 5\r\n") + "hello"},
    {"a field in front of all names", "GET /who HTTP/1.1\r\n Host: hub\r\nHost: hub\r\n\r\n"},
    {"a space in front of the colon", hosted("Content-Length : 5\r\n") + "hello"},
    {"a tab in front of the colon", hosted("Content-Length\t: 5\r\n") + "hello"},
    {"a space in a name", hosted("Content Length: 5\r\n") + "hello"},
    {"an empty name", hosted(": 5\r\n")},
    {"a field without a colon", hosted("Content-Length\r\n")},
    {"a name beyond ASCII", hosted("Content-L\xc3\xa9ngth: 5\r\n")},
    {"a NUL in a name", hosted(std::string("X\0Y: 1\r\n", 8))},
    {"no Host", head("")},
    {"two Hosts", head("Host: hub\r\nHost: hub\r\n")},
    {"an empty Host", head("Host:\r\n")},
    {"a list of Hosts", head("Host: hub, other\r\n")},
    {"a Host with a path", head("Host: hub/who\r\n")},
    {"a Host with a user", head("Host: me@hub\r\n")},
    {"both lengths", hosted("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n") + "0\r\n\r\n"},
    {"both lengths turned",
     hosted("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n") + "0\r\n\r\n"},
    {"two equal lengths", hosted("Content-Length: 5\r\nContent-Length: 5\r\n") + "hello"},
    {"two lengths", hosted("Content-Length: 5\r\nContent-Length: 0\r\n") + "hello"},
    {"a list of equal lengths", hosted("Content-Length: 5, 5\r\n") + "hello"},
    {"a list of lengths", hosted("Content-Length: 5,0\r\n") + "hello"},
    {"an empty length", hosted("Content-Length:\r\n")},
    {"a length with a plus", hosted("Content-Length: +5\r\n") + "hello"},
    {"a length with a minus", hosted("Content-Length: -5\r\n") + "hello"},
    {"a hexadecimal length", hosted("Content-Length: 0x5\r\n") + "hello"},
    {"a length with a fraction", hosted("Content-Length: 5.0\r\n") + "hello"},
    {"a length and a word", hosted("Content-Length: 5 5\r\n") + "hello"},
    {"a length over 64 bits", hosted("Content-Length: 18446744073709551621\r\n") + "hello"},
    {"a coding and another", hosted("Transfer-Encoding: chunked, identity\r\n") + "0\r\n\r\n"},
    {"another and a coding", hosted("Transfer-Encoding: gzip, chunked\r\n") + "0\r\n\r\n"},
    {"chunked twice", hosted("Transfer-Encoding: chunked, chunked\r\n") + "0\r\n\r\n"},
    {"two codings",
     hosted("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n") + "0\r\n\r\n"},
    {"a coding that nobody knows", hosted("Transfer-Encoding: xchunked\r\n") + "0\r\n\r\n"},
    {"a coding in quotes", hosted("Transfer-Encoding: \"chunked\"\r\n") + "0\r\n\r\n"},
    {"a coding with a parameter", hosted("Transfer-Encoding: chunked;q=1\r\n") + "0\r\n\r\n"},
    {"a coding behind a vertical tab", hosted("Transfer-Encoding: \x0b"
                                              "chunked\r\n") +
                                           "0\r\n\r\n"},
    {"identity", hosted("Transfer-Encoding: identity\r\n")},
    {"an empty coding", hosted("Transfer-Encoding:\r\n")},
    {"a coding on HTTP/1.0",
     "POST /echo HTTP/1.0\r\nHost: hub\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
    {"an expectation that nobody knows",
     hosted("Expect: miracles\r\nContent-Length: 5\r\n") + "hello"},
    {"two expectations",
     hosted("Expect: 100-continue\r\nExpect: 100-continue\r\nContent-Length: 5\r\n") + "hello"},
    {"a connection that is no list", hosted("Connection: close close\r\n")},
    {"one field too many",
     "GET /who HTTP/1.1\r\nHost: hub\r\n" + fields(limits::kHttpFieldsMax) + "\r\n", 431,
     "header_too_large"},
    {"one byte too many", sized_head(limits::kHttpHeaderBytesMax + 1), 431, "header_too_large"},
    {"a head without an end",
     "GET /who HTTP/1.1\r\nX: " + std::string(3 * limits::kHttpHeaderBytesMax, 'x'), 431,
     "header_too_large"},
};

TEST_CASE("a head that is not exactly HTTP/1.1 is refused and nothing behind it is read",
          "[channel][hostile]") {
  World world;
  for (const Hostile& hostile : kHeads) require_refused(world, hostile);
  CHECK(world.asked.now() == 0);
  CHECK(world.probe.answers.now() == 0);
  CHECK(world.probe.heads_refused.now() == static_cast<int>(kHeads.size()));
}

TEST_CASE("a head at its limits is taken", "[channel][hostile]") {
  World world;
  const auto client = world.raw();
  client->send(sized_head(limits::kHttpHeaderBytesMax));
  CHECK(status_of(client->read_answer()) == 200);
  client->send("GET /who HTTP/1.1\r\nHost: hub\r\n" + fields(limits::kHttpFieldsMax - 1) + "\r\n");
  CHECK(status_of(client->read_answer()) == 200);
  client->send("GET /who HTTP/1.1\r\nhost:\t[::1]:8443 \r\nX:\r\nY: a\tb \xc3\xa9\r\n\r\n");
  CHECK(status_of(client->read_answer()) == 200);
}

TEST_CASE("a head is the same whether it comes at once or octet by octet", "[channel][hostile]") {
  World world;
  const auto client = world.raw();
  const std::string request = hosted("Content-Length: 5\r\n") + "hello";
  for (const char octet : request) client->send({&octet, 1});
  CHECK(body_of(client->read_answer()) == "hello");
  const std::string folded = hosted("Content-Length:\r\n 5\r\n");
  for (const char octet : folded) client->send({&octet, 1});
  CHECK(status_of(client->read_answer()) == 400);
}

std::string chunked(const std::string& chunks) {
  return hosted("Transfer-Encoding: chunked\r\n") + chunks;
}

TEST_CASE("chunks that are not exactly chunks are refused and nothing behind them is read",
          "[channel][hostile]") {
  const std::string end = "0\r\n\r\n";
  const std::vector<Hostile> bodies = {
      {"no size", chunked("zz\r\nhello\r\n" + end)},
      {"an empty size", chunked("\r\nhello\r\n" + end)},
      {"a size with a plus", chunked("+5\r\nhello\r\n" + end)},
      {"a size with a minus", chunked("-5\r\nhello\r\n" + end)},
      {"a size with 0x", chunked("0x5\r\nhello\r\n" + end)},
      {"a space in front of the size", chunked(" 5\r\nhello\r\n" + end)},
      {"a size over 64 bits", chunked("10000000000000005\r\nhello\r\n" + end)},
      {"a size with an underscore", chunked("0_5\r\nhello\r\n" + end)},
      {"a chunk longer than its size", chunked("5\r\nhello!\r\n" + end)},
      {"a chunk without its end", chunked("5\r\nhello" + end)},
      {"a bare line feed behind the size", chunked("5\nhello\r\n" + end)},
      {"a bare line feed behind the chunk", chunked("5\r\nhello\n" + end)},
      {"a bare carriage return in an extension", chunked("5;a\rb\r\nhello\r\n" + end)},
      {"a bare line feed in an extension", chunked("5;a\nb\r\nhello\r\n" + end)},
      {"an extension without a name", chunked("5;=1\r\nhello\r\n" + end)},
      {"an extension of 64 KiB",
       chunked("5;a=" + std::string(64 * limits::kKiB, 'x') + "\r\nhello\r\n" + end)},
      {"a length behind the last chunk", chunked("5\r\nhello\r\n0\r\nContent-Length: 5\r\n\r\n")},
      {"a coding behind the last chunk",
       chunked("5\r\nhello\r\n0\r\nTransfer-Encoding: chunked\r\n\r\n")},
      {"a Host behind the last chunk", chunked("5\r\nhello\r\n0\r\nHost: other\r\n\r\n")},
      {"any field behind the last chunk", chunked("5\r\nhello\r\n0\r\nX-Trailer: 1\r\n\r\n")},
      {"a folded field behind the last chunk", chunked("0\r\nX: 1\r\n 2\r\n\r\n")},
  };
  World world;
  for (const Hostile& hostile : bodies) require_refused(world, hostile);
  CHECK(world.asked.now() == static_cast<int>(bodies.size()));
}

TEST_CASE("what is well framed but not asked for here leaves the connection open",
          "[channel][hostile]") {
  struct Case {
    std::string line;
    int status;
    std::string code;
  };
  const auto known = GENERATE(values<Case>({
      {"GET http://hub/who HTTP/1.1", 400, "malformed_request"},
      {"GET hub:443 HTTP/1.1", 400, "malformed_request"},
      {"GET * HTTP/1.1", 400, "malformed_request"},
      {"GET /a/../who HTTP/1.1", 400, "malformed_request"},
      {"GET /%2e%2e/who HTTP/1.1", 400, "malformed_request"},
      {"GET /who#part HTTP/1.1", 400, "malformed_request"},
      {"GET /w%00ho HTTP/1.1", 400, "malformed_request"},
      {"get /who HTTP/1.1", 405, "method_not_allowed"},
      {"CONNECT hub:443 HTTP/1.1", 405, "method_not_allowed"},
      {"OPTIONS * HTTP/1.1", 405, "method_not_allowed"},
      {"TRACE /who HTTP/1.1", 405, "method_not_allowed"},
  }));
  CAPTURE(known.line);
  World world;
  const auto client = world.raw();
  client->send(known.line + "\r\nHost: hub\r\n\r\n" + kNext);
  const std::string answer = client->read_answer();
  CHECK(status_of(answer) == known.status);
  CHECK(name_of(answer) == known.code);
  CHECK(body_of(client->read_answer()) == "system:00.53.W00");
  CHECK(world.asked.now() == 1);
}

TEST_CASE("an upgrade is not taken", "[channel][hostile]") {
  World world;
  const auto client = world.raw();
  client->send(
      "GET /who HTTP/1.1\r\nHost: hub\r\nConnection: Upgrade, HTTP2-Settings\r\n"
      "Upgrade: h2c\r\nHTTP2-Settings: AA\r\n\r\n" +
      kNext);
  CHECK(body_of(client->read_answer()) == "system:00.53.W00");
  CHECK(body_of(client->read_answer()) == "system:00.53.W00");
}

TEST_CASE("a head that trickles is given up and counted", "[channel][hostile]") {
  ServerSettings settings("127.0.0.1", 0);
  settings.timeouts.header = 20ms;
  World world(settings);
  const auto client = world.raw();
  client->send("GET / HTTP/1.1\r\nHost: hub\r\nX-Slow:");
  CHECK(client->read_rest() == "");
  CHECK(world.probe.heads_refused.now() == 1);
  CHECK(world.probe.closed.reaches(1));
}

TEST_CASE("a body that trickles is given up although it never stops", "[channel][hostile]") {
  ServerSettings settings("127.0.0.1", 0);
  settings.timeouts.body_idle = 50ms;
  settings.timeouts.body_rate_min = limits::kGiB;  // more than any client can bring
  World world(settings);
  const auto client = world.raw();
  client->send("POST /count HTTP/1.1\r\nHost: hub\r\nContent-Length: 1000000000\r\n\r\n");
  while (world.probe.answers.now() == 0) client->send("x");
  const std::string answer = client->read_answer();
  CHECK(status_of(answer) == 504);
  CHECK(name_of(answer) == "deadline_exceeded");
  CHECK(world.probe.closed.reaches(1));
}

TEST_CASE("an answer that is taken too slowly is given up although it never stops",
          "[channel][hostile]") {
  ServerSettings settings("127.0.0.1", 0);
  settings.timeouts.write = 50ms;
  settings.timeouts.body_rate_min = 100 * limits::kGiB;  // more than any client can take
  World world(settings);
  const auto client = world.raw();
  client->send("GET /endless HTTP/1.1\r\nHost: hub\r\n\r\n");
  CHECK(status_of(client->read_head()) == 200);
  CHECK(client->read_rest().size() < 100 * limits::kGiB);
  CHECK(world.probe.closed.reaches(1));
}

}  // namespace
}  // namespace truc::channel
