// One TLS connection over TCP with deadlines; below the HTTP of both server and client.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "pki/channel/tls_context.hpp"
#include "pki/channel/watchdog.hpp"
#include "pki/trust/peer_identity.hpp"

namespace truc::channel {

namespace asio = boost::asio;

// How a connection ends. Where bytes of the peer are still unread, closing at once would make the
// kernel reset the connection and throw our last answer away (RFC 9112 9.6): that needs patience.
enum class Farewell : std::uint8_t { brief, patient };

// Touched on the strand of its socket only. Failures of every operation: deadline_exceeded,
// cancelled, peer_unreachable (gone, reset, or ended without the TLS farewell), and what the peer's
// alert says of our certificate.
class TlsStream {
 public:
  // `host` is what a client expects; a server leaves it empty. Failure: crypto_failed.
  static Result<std::unique_ptr<TlsStream>> make(asio::ip::tcp::socket socket,
                                                 std::shared_ptr<const TlsContext::State> tls,
                                                 std::string host);
  ~TlsStream();

  // Every step from now on ends by `overall`, and within `step` of its own beginning.
  void limit(Steady::time_point overall, std::chrono::milliseconds step);
  void limit(std::chrono::milliseconds overall);  // counted from now
  // The operation that waits now ends as if its deadline had passed.
  void expire();

  // Failures also: certificate codes, identity_required, peer_protocol.
  asio::awaitable<Result<void>> handshake();
  // After a handshake that succeeded.
  const std::shared_ptr<const pki::PeerIdentity>& peer() const;
  const std::shared_ptr<const TlsContext::State>& context() const;
  // Judges the peer's certificate again by the trust of `current`, unless that is the one that
  // judged it last: a revocation counts for connections that are open, too. Failures: as handshake.
  Result<void> judge_again(const TlsContext::State& current);

  // 0 at the peer's orderly end.
  asio::awaitable<Result<std::size_t>> read_some(asio::mutable_buffer into);
  // Everything; `data` stays valid until the end.
  asio::awaitable<Result<void>> write(std::string_view data);

  // Ends when the socket has something to read, or an end.
  asio::awaitable<void> wait_readable();
  // Whether the peer has closed its side, even with unread bytes before the end.
  bool peer_has_left() const;
  // Whether something, or an end, can be read at once.
  bool is_readable() const;

  // The TLS farewell, and a wait for the peer's as short as `farewell` says.
  asio::awaitable<void> close(Farewell farewell);
  // Without the TLS farewell, after a failed handshake: patient.
  asio::awaitable<void> linger();

 private:
  struct Impl;
  explicit TlsStream(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace truc::channel
