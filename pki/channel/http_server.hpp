// The HTTPS server: mutual TLS, HTTP/1.1 kept connections, limits and deadlines of limits.hpp.
#pragma once

#include <boost/asio/io_context.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "pki/channel/http.hpp"
#include "pki/channel/task_group.hpp"
#include "pki/channel/tls_context.hpp"

namespace truc::channel {

// Answers one request. Runs on the connection's strand; never throws to a peer: an escaped
// exception is logged and answered as `internal`. A body that it leaves unread is drained up to 1
// MiB, else the connection is closed after the answer. A GET with a parameter `wait` and
// without a body is cancelled when the peer goes away meanwhile; everything else runs to its end.
using Handler = std::function<asio::awaitable<Response>(Request&)>;

// What happened on the listener, for metrics; called from any thread.
class ServerProbe {
 public:
  virtual ~ServerProbe() = default;
  virtual void connection_opened() {}
  virtual void connection_closed() {}
  virtual void handshake_refused(const Failure&) {}
  // Closed without a word: too many connections without an identity.
  virtual void connection_dropped() {}
  // A head that was no request, or did not come in time.
  virtual void head_refused(const Failure&) {}
  virtual void answered(Method, int /*status*/, std::chrono::nanoseconds /*taken*/) {}
};

// How long each stage of a connection may take (limits.hpp says what each one bounds).
struct ServerTimeouts {
  std::chrono::milliseconds handshake = limits::kTlsHandshakeTimeout;
  std::chrono::milliseconds header = limits::kHttpHeaderTimeout;
  std::chrono::milliseconds body_idle = limits::kHttpBodyIdleTimeout;
  std::size_t body_rate_min = limits::kHttpBodyRateMin;  // bytes a second, either way
  std::chrono::milliseconds idle = limits::kHttpIdleTimeout;
  std::chrono::milliseconds write = limits::kHttpWriteTimeout;
  std::chrono::milliseconds shutdown = limits::kShutdownTimeout;
};

struct ServerSettings {
  ServerSettings(std::string listen_address, std::uint16_t listen_port)
      : address(std::move(listen_address)), port(listen_port) {}
  std::string address;  // e.g. "127.0.0.1"
  std::uint16_t port;   // 0: any free one, see HttpServer::port()
  std::size_t connections_max = limits::kConnectionsMax;
  std::size_t connections_per_identity_max = limits::kConnectionsPerSystemMax;
  std::size_t connections_per_operator_max = limits::kConnectionsPerOperatorMax;
  std::size_t handshakes_max = limits::kHandshakesMax;
  std::size_t handshakes_per_address_max = limits::kHandshakesPerAddressMax;
  ServerTimeouts timeouts;
};

// A resource; owned by app. A client without a certificate, or with one that the trust store
// refuses, completes no handshake: it gets a TLS alert and an event in the log.
class HttpServer {
 public:
  // Binds and listens; `loop` outlives the server. Failure: peer_unreachable with the address when
  // it cannot.
  static Result<std::unique_ptr<HttpServer>> listen(asio::io_context& loop,
                                                    const ServerSettings& settings,
                                                    std::shared_ptr<TlsContext> tls,
                                                    Handler handler, telemetry::Log& log,
                                                    ServerProbe& probe);
  virtual ~HttpServer() = default;
  virtual std::uint16_t port() const = 0;
  // Takes no more connections, closes idle ones, lets requests in flight end within
  // kShutdownTimeout, then cancels them. Once, before destruction. Failure: deadline_exceeded when
  // a cancelled handler does not end within the same time again.
  virtual asio::awaitable<Result<void>> stop() = 0;
};

}  // namespace truc::channel
