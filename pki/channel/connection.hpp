// One accepted connection: handshake, admission, then one request after the other.
#pragma once

#include <boost/asio/awaitable.hpp>

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

#include "pki/channel/http_server.hpp"
#include "pki/channel/tls_stream.hpp"

namespace truc::channel {

// Counts the connections of every identity and of all. Any thread.
class Admission {
 public:
  explicit Admission(const ServerSettings& settings);

  // A place that is given back when it is destroyed.
  class Seat {
   public:
    Seat(Admission& of, std::string identity) : of_(&of), identity_(std::move(identity)) {}
    ~Seat() { of_->leave(identity_); }
    Seat(const Seat&) = delete;
    Seat& operator=(const Seat&) = delete;

   private:
    Admission* of_;
    std::string identity_;
  };

  // Failure: too_many_connections.
  Result<std::unique_ptr<Seat>> enter(const pki::PeerIdentity& peer);

 private:
  void leave(const std::string& identity);

  const std::size_t all_max_;
  const std::size_t identity_max_;
  const std::size_t operator_max_;
  std::mutex mutex_;  // a leaf; guards what follows
  std::size_t all_ = 0;
  std::unordered_map<std::string, std::size_t> of_identity_;
};

// What the connections of one server share; outlives them.
struct ServerParts {
  ServerParts(const ServerSettings& server, Handler answer, telemetry::Log& events,
              ServerProbe& happenings)
      : timeouts(server.timeouts),
        handler(std::move(answer)),
        log(events),
        probe(happenings),
        admission(server) {}
  const ServerTimeouts timeouts;
  const Handler handler;
  telemetry::Log& log;
  ServerProbe& probe;
  Admission admission;
  std::atomic<bool> stopping{false};
};

class Connection {
 public:
  Connection(std::unique_ptr<TlsStream> stream, std::string peer_address, ServerParts& parts);
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
