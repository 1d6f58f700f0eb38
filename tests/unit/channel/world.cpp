#include "tests/unit/channel/world.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <filesystem>
#include <stdexcept>

#include "schemas/base/check.hpp"
#include "tests/support/run_program.hpp"

namespace truc::channel {
namespace {

const std::string kScript = TRUC_SOURCE_DIR "/pki/ca/truc-pki";

Response text(std::string body) {
  return Response(200, "text/plain", std::move(body));
}

asio::awaitable<Response> echo(Request& request) {
  Result<std::string> body = co_await request.body->read_all(limits::kMiB);
  if (!body) co_return to_response(body.error());
  co_return text(std::move(body).value());
}

asio::awaitable<Response> count(Request& request) {
  std::size_t total = 0;
  while (true) {
    Result<std::string> piece = co_await request.body->read_some(64 * limits::kKiB);
    if (!piece) co_return to_response(piece.error());
    if (piece.value().empty()) co_return text(std::to_string(total));
    total += piece.value().size();
  }
}

Response source(int pieces, int fails_at) {
  Response response(200, "application/octet-stream", "");
  response.source_length = static_cast<std::uint64_t>(pieces) * 1'000;
  response.source = [pieces, fails_at,
                     next = std::make_shared<int>(0)]() -> asio::awaitable<Result<std::string>> {
    if (*next == fails_at) co_return Failure(ErrorCode::storage_corrupt);
    if (*next == pieces) co_return std::string();
    ++*next;
    co_return std::string(1'000, 's');
  };
  return response;
}

asio::awaitable<Response> wait_for_ever(Count& waiting, Count& cancelled) {
  asio::steady_timer timer(co_await asio::this_coro::executor);
  timer.expires_at(asio::steady_timer::time_point::max());
  waiting.add();
  try {
    co_await timer.async_wait(asio::use_awaitable);
  } catch (const boost::system::system_error&) {
    cancelled.add();
    throw;
  }
  co_return text("never");
}

asio::awaitable<Response> wait_for_gate(Count& waiting, std::atomic<bool>& gate) {
  asio::steady_timer timer(co_await asio::this_coro::executor);
  waiting.add();
  while (!gate) {
    timer.expires_after(std::chrono::milliseconds(1));
    co_await timer.async_wait(asio::use_awaitable);
  }
  co_return text("open");
}

}  // namespace

World::World(ServerSettings settings) {
  tls = TlsContext::make(server_tls(), TlsRole::server).value();
  auto handler = [this](Request& request) { return answer(request); };
  server = HttpServer::listen(loop.context(), settings, tls, handler, log, probe).value();
}

World::~World() {
  if (!stopped_) TRUC_CHECK(stop(), "every handler of a test obeys its cancellation");
}

Result<void> World::stop() {
  stopped_ = true;
  return run(loop, server->stop());
}

TlsSettings World::server_tls() {
  const auto paths = pki.hub("hub-1");
  return TlsSettings(paths.key, paths.chain, pki.trust());
}

std::shared_ptr<TlsContext> World::client_tls(const testing::CredentialPaths& credential) {
  const TlsSettings settings(credential.key, credential.chain, pki.trust());
  return TlsContext::make(settings, TlsRole::client).value();
}

std::unique_ptr<RawClient> World::raw() {
  auto connection = std::make_unique<RawClient>(server->port());
  REQUIRE(connection->handshake(client()));
  return connection;
}

std::unique_ptr<HttpClient> World::http(ClientSettings settings) {
  return HttpClient::make(loop.executor(), std::move(settings), client_tls(client()));
}

std::string World::other_authority() {
  const std::string dir = pki.dir() + "/other";
  if (!std::filesystem::exists(dir)) testing::require_program({kScript, "init", dir});
  return dir;
}

testing::CredentialPaths World::stranger() {
  const std::string dir = other_authority();
  testing::require_program({kScript, "system", dir, "00.53.W00", "000.00.00.G22"});
  return {dir + "/systems/00.53.W00/tls.key", dir + "/systems/00.53.W00/tls.chain.pem"};
}

Result<ClientResponse> World::get(HttpClient& with, const std::string& target) {
  return run(loop, with.send(ClientRequest(Method::get, target)));
}

asio::awaitable<Response> World::answer(Request& request) {
  asked.add();
  const std::string& path = request.target.path;
  Response response = text("hello");
  if (path == "/who") response = text(request.peer->text());
  if (path == "/echo") response = co_await echo(request);
  if (path == "/count") response = co_await count(request);
  if (path == "/throw") throw std::runtime_error("from a handler");
  if (path == "/wait") response = co_await wait_for_ever(waiting, cancelled);
  if (path == "/gate") response = co_await wait_for_gate(waiting, gate);
  if (path == "/big") response.shared_body = std::make_shared<std::string>(1'000'000, 'b');
  if (path == "/source") response = source(1'000, -1);
  if (path == "/endless") response = source(1'000'000'000, -1);
  if (path == "/cut") response = source(100, 50);
  if (path == "/split") response.headers.set("X-Note", "a\r\nX-Forged: b");
  co_return response;
}

std::string get_text(const std::string& target) {
  return "GET " + target + " HTTP/1.1\r\nHost: hub\r\n\r\n";
}

int status_of(const std::string& answer) {
  return answer.starts_with("HTTP/1.1 ") ? std::stoi(answer.substr(9, 3)) : 0;
}

std::string body_of(const std::string& answer) {
  const std::size_t end = answer.find("\r\n\r\n");
  return end == std::string::npos ? "" : answer.substr(end + 4);
}

}  // namespace truc::channel
