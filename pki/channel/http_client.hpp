// The HTTPS client: kept connections to one server whose certificate must name the expected hub.
#pragma once

#include <boost/asio/any_io_executor.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "pki/channel/http.hpp"
#include "pki/channel/tls_context.hpp"

namespace truc::channel {

struct ClientSettings {
  ClientSettings(std::string server_host, std::uint16_t server_port)
      : host(std::move(server_host)), port(server_port) {}
  std::string host;  // name or address; must stand in the server's certificate
  std::uint16_t port;
  std::size_t connections_max = 4;
  std::size_t waiting_max = 1'024;  // requests that wait for a connection; more are refused as busy
  std::chrono::milliseconds connect_timeout = limits::kConnectTimeout;  // with the TLS handshake
};

struct ClientRequest {
  ClientRequest(Method request_method, std::string request_target)
      : method(request_method), target(std::move(request_target)) {}
  Method method;
  std::string target;  // already percent-encoded
  Headers headers;
  std::string content_type;
  std::shared_ptr<const std::string> body;  // may be null
  std::chrono::milliseconds timeout = limits::kRequestTimeout;
  std::size_t answer_bytes_max = limits::kEnvelopeBytesMax;
};

struct ClientResponse {
  int status = 0;
  Headers headers;
  std::string body;
};

// Any coroutine of the executor; requests beyond connections_max wait. A resource; outlives its
// sends and is destroyed before the executor's context.
class HttpClient {
 public:
  static std::unique_ptr<HttpClient> make(asio::any_io_executor executor, ClientSettings settings,
                                          std::shared_ptr<TlsContext> tls);
  virtual ~HttpClient() = default;

  // An answer of any status is success. A kept connection that the server has closed is replaced
  // once, without a failure: such a request may reach the server twice, which our interfaces allow.
  // Failures: peer_unreachable, peer_protocol, certificate codes (place says whose certificate),
  // identity_required, identity_refused, deadline_exceeded, cancelled, body_too_large, busy,
  // malformed_request.
  virtual asio::awaitable<Result<ClientResponse>> send(ClientRequest request) = 0;
  // The hub that the server's certificate names ("" before the first connection).
  virtual std::string hub() const = 0;
};

// Percent-encodes one path segment or parameter value (RFC 3986 2.3).
std::string encode_component(std::string_view text);

}  // namespace truc::channel
