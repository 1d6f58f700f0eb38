// One accepted connection: handshake, admission, then one request after the other.
#pragma once

#include <boost/asio/awaitable.hpp>

#include <atomic>
#include <memory>
#include <string>

#include "pki/channel/http_server.hpp"
#include "pki/channel/seats.hpp"
#include "pki/channel/tls_stream.hpp"

namespace truc::channel {

// The connections that have an identity, and how many each may have. Any thread.
class Admission {
 public:
  explicit Admission(const ServerSettings& settings)
      : seats_(settings.connections_max),
        identity_max_(settings.connections_per_identity_max),
        operator_max_(settings.connections_per_operator_max) {}

  // Failure: too_many_connections.
  Result<std::unique_ptr<Seats::Seat>> enter(const pki::PeerIdentity& peer) {
    return seats_.take(peer.text(), peer.operator_name ? operator_max_ : identity_max_);
  }

 private:
  Seats seats_;
  const std::size_t identity_max_;
  const std::size_t operator_max_;
};

// What the connections of one server share; outlives them.
struct ServerParts {
  ServerParts(const ServerSettings& server, std::shared_ptr<TlsContext> context, Handler answer,
              telemetry::Log& events, ServerProbe& happenings)
      : tls(std::move(context)),
        timeouts(server.timeouts),
        handler(std::move(answer)),
        log(events),
        probe(happenings),
        admission(server) {}
  const std::shared_ptr<TlsContext> tls;
  const ServerTimeouts timeouts;
  const Handler handler;
  telemetry::Log& log;
  ServerProbe& probe;
  Admission admission;
  std::atomic<bool> stopping{false};
};

class Connection {
 public:
  // `place` among those without an identity is given back when there is one.
  Connection(std::unique_ptr<TlsStream> stream, std::string peer_address,
             std::unique_ptr<Seats::Seat> place, ServerParts& parts);
  ~Connection();

  asio::awaitable<Result<void>> run();
  // On the connection's strand, after `stopping` was set: an idle one ends now, a busy one after
  // its answer.
  void stop();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace truc::channel
