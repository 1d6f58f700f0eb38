#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <catch2/catch.hpp>

#include <algorithm>

#include "pki/channel/run_on.hpp"
#include "tests/unit/channel/raw_server.hpp"
#include "tests/unit/channel/world.hpp"

namespace truc::channel {
namespace {

using namespace std::chrono_literals;

ClientRequest put(const std::string& target, std::string body) {
  ClientRequest request(Method::put, target);
  request.content_type = "text/plain";
  request.body = std::make_shared<const std::string>(std::move(body));
  return request;
}

// A listening socket that nobody answers on.
struct Deaf {
  asio::io_context context;
  asio::ip::tcp::acceptor acceptor{context, {asio::ip::address_v4::loopback(), 0}};
  std::uint16_t port() const { return acceptor.local_endpoint().port(); }
};

TEST_CASE("a client learns which hub answers", "[channel][client]") {
  World world;
  const auto client = world.http();
  CHECK(client->hub().empty());
  const auto answer = world.get(*client, "/who");
  REQUIRE_OK(answer);
  CHECK(answer.value().status == 200);
  CHECK(answer.value().body == "system:00.53.W00");
  CHECK(answer.value().headers.find("content-type") == "text/plain");
  CHECK(client->hub() == "hub-1");
}

TEST_CASE("a client may name the server by its address", "[channel][client]") {
  World world;
  const auto client = world.http(ClientSettings("127.0.0.1", world.server->port()));
  REQUIRE_OK(world.get(*client, "/who"));
}

TEST_CASE("one connection is kept for the next request", "[channel][client]") {
  World world;
  const auto client = world.http();
  for (int i = 0; i < 10; ++i) REQUIRE_OK(world.get(*client, "/who"));
  CHECK(world.probe.opened.now() == 1);
}

TEST_CASE("a large body goes out and a large answer comes back", "[channel][client]") {
  World world;
  const auto client = world.http();
  const auto sent = run(world.loop, client->send(put("/count", std::string(4'000'000, 'x'))));
  REQUIRE_OK(sent);
  CHECK(sent.value().body == "4000000");
  const auto got = world.get(*client, "/source");
  REQUIRE_OK(got);
  CHECK(got.value().body.size() == 1'000'000);
}

TEST_CASE("a refusal is an answer like any other", "[channel][client]") {
  World world;
  const auto client = world.http();
  const auto answer = world.get(*client, "/throw");
  REQUIRE_OK(answer);
  CHECK(answer.value().status == 500);
}

TEST_CASE("an answer that comes before the whole request was read is heard", "[channel][client]") {
  World world;
  const auto client = world.http();
  const auto answer = run(world.loop, client->send(put("/echo", std::string(8'000'000, 'x'))));
  REQUIRE_OK(answer);
  CHECK(answer.value().status == 413);
}

TEST_CASE("HEAD has a length and no body", "[channel][client]") {
  World world;
  const auto client = world.http();
  const auto answer = run(world.loop, client->send(ClientRequest(Method::head, "/big")));
  REQUIRE_OK(answer);
  CHECK(answer.value().headers.find("Content-Length") == "1000000");
  CHECK(answer.value().body.empty());
  REQUIRE_OK(world.get(*client, "/who"));
  CHECK(world.probe.opened.now() == 1);
}

TEST_CASE("an answer over its limit is refused", "[channel][client]") {
  World world;
  const auto client = world.http();
  ClientRequest request(Method::get, "/big");
  request.answer_bytes_max = 999'999;
  const auto answer = run(world.loop, client->send(request));
  REQUIRE_REFUSED(answer, body_too_large);
  request.answer_bytes_max = 1'000'000;
  REQUIRE_OK(run(world.loop, client->send(request)));
}

TEST_CASE("an answer that is cut off is no answer", "[channel][client]") {
  World world;
  const auto client = world.http();
  const auto answer = world.get(*client, "/cut");
  REQUIRE(!answer);
  CHECK(answer.error().code() != ErrorCode::internal);
}

TEST_CASE("a server whose certificate does not carry the host's name is refused",
          "[channel][client]") {
  World world;
  ServerSettings settings("127.0.0.2", 0);
  auto other = HttpServer::listen(
      world.loop.context(), settings, world.tls, [&](Request& r) { return world.answer(r); },
      world.log, world.probe);
  REQUIRE_OK(other);
  const auto there = world.http(ClientSettings("127.0.0.2", other.value()->port()));
  const auto answer = world.get(*there, "/who");
  REQUIRE_REFUSED(answer, certificate_identity);
  CHECK(answer.error().place() == "server certificate");
  REQUIRE_OK(run(world.loop, other.value()->stop()));
}

TEST_CASE("a server that is no hub is refused", "[channel][client]") {
  World world;
  testing::CustomCertificate server;
  server.name = "no-hub";
  server.extended_usage = "serverAuth";
  server.alternative_names = "DNS:localhost, URI:urn:truc:system:00.99.W00";
  const auto paths = world.pki.custom(server);
  const TlsSettings settings(paths.key, paths.chain, world.pki.trust());
  REQUIRE_OK(world.tls->reload(settings));
  const auto client = world.http();
  REQUIRE_REFUSED(world.get(*client, "/who"), certificate_identity);
}

TEST_CASE("a server of another authority is refused", "[channel][client]") {
  World world;
  const auto paths = world.client();
  const std::string other = world.other_authority();
  pki::TrustFiles files;
  files.anchor_files = {other + "/anchors.pem"};
  files.crl_files = {other + "/crl/root.crl.pem", other + "/crl/issuing.crl.pem"};
  const TlsSettings settings(paths.key, paths.chain, pki::TrustStore::load(files).value());
  const auto tls = TlsContext::make(settings, TlsRole::client).value();
  const auto client = HttpClient::make(world.loop.executor(),
                                       ClientSettings("localhost", world.server->port()), tls);
  REQUIRE_REFUSED(world.get(*client, "/who"), certificate_untrusted);
}

TEST_CASE("a revoked server is refused", "[channel][client]") {
  World world;
  world.pki.revoke(world.pki.hub("hub-1"));
  const auto client = world.http();
  REQUIRE_REFUSED(world.get(*client, "/who"), certificate_revoked);
}

TEST_CASE("a client learns why its own certificate was refused", "[channel][client]") {
  World world;
  world.pki.revoke(world.client());
  REQUIRE_OK(world.tls->reload(world.server_tls()));
  const auto client = world.http();
  const auto answer = world.get(*client, "/who");
  REQUIRE_REFUSED(answer, certificate_revoked);
  CHECK(answer.error().place() == "own certificate");
}

TEST_CASE("a kept connection that the server has closed is replaced", "[channel][client]") {
  ServerSettings settings("127.0.0.1", 0);
  settings.timeouts.idle = 10ms;
  World world(settings);
  const auto client = world.http();
  REQUIRE_OK(world.get(*client, "/who"));
  REQUIRE(world.probe.closed.reaches(1));
  REQUIRE_OK(world.get(*client, "/who"));
  CHECK(world.probe.opened.now() == 2);
}

TEST_CASE("a kept connection is not used after the client's certificates were replaced",
          "[channel][client]") {
  World world;
  const auto paths = world.client();
  const auto tls = world.client_tls(paths);
  const auto client = HttpClient::make(world.loop.executor(),
                                       ClientSettings("localhost", world.server->port()), tls);
  REQUIRE_OK(world.get(*client, "/who"));
  const auto other = world.pki.system("00.54.W00", {"G12"});
  REQUIRE_OK(tls->reload(TlsSettings(other.key, other.chain, world.pki.trust())));
  CHECK(world.get(*client, "/who").value().body == "system:00.54.W00");
}

TEST_CASE("nobody listening is a peer that cannot be reached", "[channel][client]") {
  World world;
  std::uint16_t port = 0;
  {
    const Deaf gone;
    port = gone.port();
  }
  const auto client = world.http(ClientSettings("127.0.0.1", port));
  REQUIRE_REFUSED(world.get(*client, "/who"), peer_unreachable);
}

TEST_CASE("a server that never shakes hands is given up", "[channel][client]") {
  World world;
  const Deaf deaf;
  ClientSettings settings("127.0.0.1", deaf.port());
  settings.connect_timeout = 20ms;
  const auto client = world.http(settings);
  REQUIRE_REFUSED(world.get(*client, "/who"), deadline_exceeded);
}

TEST_CASE("an answer that does not come in time is given up", "[channel][client]") {
  World world;
  const auto client = world.http();
  ClientRequest request(Method::get, "/wait?wait=30");
  request.timeout = 200ms;
  REQUIRE_REFUSED(run(world.loop, client->send(request)), deadline_exceeded);
  CHECK(world.cancelled.reaches(1));
  REQUIRE_OK(world.get(*client, "/who"));
}

TEST_CASE("requests beyond the connections wait their turn", "[channel][client]") {
  World world;
  ClientSettings settings("localhost", world.server->port());
  settings.connections_max = 2;
  const auto client = world.http(settings);
  std::vector<std::future<Result<ClientResponse>>> answers;
  for (int i = 0; i < 200; ++i) {
    answers.push_back(start(world.loop, client->send(put("/echo", std::to_string(i)))));
  }
  for (int i = 0; i < 200; ++i) {
    const auto answer = finish(std::move(answers[static_cast<std::size_t>(i)]));
    REQUIRE_OK(answer);
    CHECK(answer.value().body == std::to_string(i));
  }
  CHECK(world.probe.opened.now() <= 2);
}

TEST_CASE("a request that waits too long for its turn is given up", "[channel][client]") {
  World world;
  ClientSettings settings("localhost", world.server->port());
  settings.connections_max = 1;
  settings.waiting_max = 1;
  const auto client = world.http(settings);
  auto first = start(world.loop, client->send(ClientRequest(Method::get, "/gate")));
  REQUIRE(world.waiting.reaches(1));
  ClientRequest late(Method::get, "/who");
  late.timeout = 10ms;
  REQUIRE_REFUSED(run(world.loop, client->send(late)), deadline_exceeded);

  // One more may wait; whichever of the three comes first does.
  std::vector<std::future<Result<ClientResponse>>> more;
  for (int i = 0; i < 3; ++i) {
    more.push_back(start(world.loop, client->send(ClientRequest(Method::get, "/who"))));
  }
  const auto is_ready = [](const auto& future) {
    return future.wait_for(0s) == std::future_status::ready;
  };
  while (std::count_if(more.begin(), more.end(), is_ready) < 2) std::this_thread::yield();
  world.gate = true;
  CHECK(finish(std::move(first)));
  int busy = 0;
  for (auto& future : more) {
    const auto answer = finish(std::move(future));
    if (!answer && answer.error().code() == ErrorCode::busy) ++busy;
  }
  CHECK(busy == 2);
}

const std::string kOk = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

Result<ClientResponse> ask(World& world, RawServer& server, int times) {
  const auto client = world.http(ClientSettings("localhost", server.port()));
  for (int i = 1; i < times; ++i) REQUIRE_OK(world.get(*client, "/"));
  return world.get(*client, "/");
}

TEST_CASE("a request that a kept connection swallowed is sent again, once", "[channel][client]") {
  World world;
  RawServer server(world.pki.hub("hub-1"), {{kOk, ""}, {kOk}});
  const auto answer = ask(world, server, 2);
  REQUIRE_OK(answer);
  CHECK(answer.value().body == "ok");
  CHECK(server.wait() == 3);
}

TEST_CASE("a request that a new connection swallowed is not sent again", "[channel][client]") {
  World world;
  RawServer server(world.pki.hub("hub-1"), {{kOk, ""}, {""}});
  REQUIRE_REFUSED(ask(world, server, 2), peer_unreachable);
  CHECK(server.wait() == 3);
}

TEST_CASE("a request whose answer has begun is not sent again", "[channel][client]") {
  World world;
  RawServer server(world.pki.hub("hub-1"), {{kOk, "HTTP/1.1 200 OK\r\n"}});
  REQUIRE_REFUSED(ask(world, server, 2), peer_protocol);
  CHECK(server.wait() == 2);
}

TEST_CASE("interim answers are passed over", "[channel][client]") {
  World world;
  const std::string interim = "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n";
  RawServer server(world.pki.hub("hub-1"), {{interim + interim + kOk}});
  const auto answer = ask(world, server, 1);
  REQUIRE_OK(answer);
  CHECK(answer.value().status == 200);
}

TEST_CASE("an answer without a length lasts until the orderly end", "[channel][client]") {
  World world;
  RawServer server(world.pki.hub("hub-1"), {{"HTTP/1.1 200 OK\r\n\r\nall of it"}});
  const auto answer = ask(world, server, 1);
  REQUIRE_OK(answer);
  CHECK(answer.value().body == "all of it");
}

TEST_CASE("an answer that is not HTTP is not understood", "[channel][client]") {
  World world;
  std::string endless;
  for (int i = 0; i < 20; ++i) endless += "HTTP/1.1 103 Early Hints\r\n\r\n";
  const std::string long_head =
      "HTTP/1.1 200 OK\r\nX: " + std::string(limits::kHttpHeaderBytesMax, 'x') + "\r\n\r\n";
  const auto said = GENERATE_COPY(as<std::string>{}, "SSH-2.0-OpenSSH\r\n\r\n", endless, long_head,
                                  "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab",
                                  "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
                                  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n");
  CAPTURE(said.substr(0, 60));
  RawServer server(world.pki.hub("hub-1"), {{said}});
  REQUIRE_REFUSED(ask(world, server, 1), peer_protocol);
}

asio::awaitable<Result<ClientResponse>> send_to(HttpClient& client, std::string target) {
  Result<ClientResponse> answer =
      co_await client.send(ClientRequest(Method::get, std::move(target)));
  co_return answer;
}

TEST_CASE("a cancelled request ends as cancelled and leaves its connection", "[channel][client]") {
  World world;
  const auto client = world.http();
  asio::cancellation_signal signal;
  const auto strand = asio::make_strand(world.loop.executor());
  std::promise<ErrorCode> ended;
  auto done = [&](const std::exception_ptr&, std::optional<Result<ClientResponse>> result) {
    ended.set_value(result->error().code());
  };
  asio::co_spawn(strand, detail::as_optional(send_to(*client, "/wait?wait=30")),
                 asio::bind_cancellation_slot(signal.slot(), done));
  REQUIRE(world.waiting.reaches(1));
  asio::post(strand, [&] { signal.emit(asio::cancellation_type::terminal); });
  CHECK(finish(ended.get_future()) == ErrorCode::cancelled);
  CHECK(world.cancelled.reaches(1));
  REQUIRE_OK(world.get(*client, "/who"));
}

TEST_CASE("a request that could break its own message is not sent", "[channel][client]") {
  World world;
  const auto client = world.http();
  REQUIRE_REFUSED(world.get(*client, "/a b"), malformed_request);
  REQUIRE_REFUSED(world.get(*client, "who"), malformed_request);
  ClientRequest request(Method::get, "/who");
  request.headers.set("X-Note", "a\r\nX-Forged: b");
  REQUIRE_REFUSED(run(world.loop, client->send(request)), malformed_request);
  CHECK(world.probe.opened.now() == 0);
}

}  // namespace
}  // namespace truc::channel
