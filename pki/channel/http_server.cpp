#include "pki/channel/http_server.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <mutex>
#include <unordered_map>
#include <utility>

#include "pki/channel/connection.hpp"
#include "pki/channel/run_on.hpp"

namespace truc::channel {
namespace {

using Tcp = asio::ip::tcp;

// Whose handshakes are counted together.
std::string network_of(const asio::ip::address& address) {
  if (address.is_v4()) return address.to_string();
  auto octets = address.to_v6().to_bytes();
  const bool is_mapped = address.to_v6().is_v4_mapped();
  if (!is_mapped) std::fill(octets.begin() + 8, octets.end(), std::uint8_t{0});
  return asio::ip::address_v6(octets).to_string();
}

class Server final : public HttpServer {
 public:
  Server(asio::io_context& loop, const ServerSettings& settings, std::shared_ptr<TlsContext> tls,
         Handler handler, telemetry::Log& log, ServerProbe& probe)
      : loop_(loop),
        strand_(asio::make_strand(loop)),
        acceptor_(strand_),
        parts_(settings, std::move(tls), std::move(handler), log, probe),
        unadmitted_(settings.handshakes_max),
        unadmitted_per_address_max_(settings.handshakes_per_address_max),
        tasks_(loop.get_executor(), log, settings.connections_max + settings.handshakes_max + 1) {}

  Result<void> open(const ServerSettings& settings);
  std::uint16_t port() const override { return port_; }
  asio::awaitable<Result<void>> stop() override;

 private:
  struct Entry {
    asio::any_io_executor strand;
    std::shared_ptr<Connection> connection;
  };

  asio::awaitable<Result<void>> accept();
  void take(Tcp::socket socket, asio::any_io_executor strand, const asio::ip::address& remote);
  asio::awaitable<Result<void>> serve(std::uint64_t id, std::shared_ptr<Connection> connection);
  asio::awaitable<Result<void>> close_acceptor();
  void stop_connections();

  asio::io_context& loop_;
  asio::any_io_executor strand_;  // owns acceptor_
  Tcp::acceptor acceptor_;
  std::uint16_t port_ = 0;
  ServerParts parts_;
  Seats unadmitted_;  // by network
  const std::size_t unadmitted_per_address_max_;
  std::mutex mutex_;  // a leaf; guards what follows
  std::unordered_map<std::uint64_t, Entry> connections_;
  std::uint64_t next_id_ = 0;
  TaskGroup tasks_;  // last: its tasks use everything above
};

Result<void> Server::open(const ServerSettings& settings) {
  const std::string place = settings.address + ":" + std::to_string(settings.port);
  try {
    const Tcp::endpoint endpoint(asio::ip::make_address(settings.address), settings.port);
    acceptor_.open(endpoint.protocol());
    acceptor_.set_option(Tcp::acceptor::reuse_address(true));
    acceptor_.bind(endpoint);
    acceptor_.listen();
    port_ = acceptor_.local_endpoint().port();
  } catch (const boost::system::system_error& error) {
    return Failure(ErrorCode::peer_unreachable).at(place).because(error.what());
  }
  return tasks_.start_on(strand_, "http.accept", accept());
}

asio::awaitable<Result<void>> Server::accept() {
  constexpr auto kPause = std::chrono::milliseconds(100);
  asio::steady_timer pause(strand_);
  while (!parts_.stopping) {
    // Of the loop itself: a strand around any_io_executor would allocate with every step.
    asio::any_io_executor strand = asio::make_strand(loop_);
    Tcp::socket socket(strand);
    Tcp::endpoint remote;
    const auto outcome =
        co_await acceptor_.async_accept(socket, remote, asio::as_tuple(asio::use_awaitable));
    const auto& error = std::get<0>(outcome);
    if (!error) {
      take(std::move(socket), std::move(strand), remote.address());
    } else if (!parts_.stopping && error != asio::error::connection_aborted) {
      // Mostly: no file descriptors left. Trying on at once would only burn the processor.
      parts_.log.error("http.accept_failed", {{"reason", error.message()}});
      pause.expires_after(kPause);
      co_await pause.async_wait(asio::as_tuple(asio::use_awaitable));
    }
  }
  co_return success();
}

void Server::take(Tcp::socket socket, asio::any_io_executor strand,
                  const asio::ip::address& remote) {
  auto place = unadmitted_.take(network_of(remote), unadmitted_per_address_max_);
  if (!place) return parts_.probe.connection_dropped();
  const std::string address = remote.to_string();
  auto stream = TlsStream::make(std::move(socket), parts_.tls->current(), "");
  if (!stream) {
    parts_.log.error("tls.refused", {{"address", address}, {"failure", stream.error()}});
    return;
  }
  auto connection = std::make_shared<Connection>(std::move(stream).value(), address,
                                                 std::move(place).value(), parts_);
  std::uint64_t id = 0;
  {
    const std::lock_guard lock(mutex_);
    id = next_id_++;
    connections_.emplace(id, Entry{strand, connection});
  }
  auto started = tasks_.start_on(strand, "http.connection", serve(id, std::move(connection)));
  if (started) return;
  parts_.log.warn("http.connection_dropped", {{"address", address}, {"failure", started.error()}});
  const std::lock_guard lock(mutex_);
  connections_.erase(id);
}

asio::awaitable<Result<void>> Server::serve(std::uint64_t id,
                                            std::shared_ptr<Connection> connection) {
  struct Presence {
    Presence(Server& of, std::uint64_t which) : server(of), id(which) {
      server.parts_.probe.connection_opened();
    }
    ~Presence() {
      {
        const std::lock_guard lock(server.mutex_);
        server.connections_.erase(id);
      }
      server.parts_.probe.connection_closed();
    }
    Presence(const Presence&) = delete;
    Presence& operator=(const Presence&) = delete;
    Server& server;
    std::uint64_t id;
  };
  const Presence presence(*this, id);
  Result<void> served = co_await connection->run();
  co_return served;
}

asio::awaitable<Result<void>> Server::close_acceptor() {
  boost::system::error_code error;
  acceptor_.close(error);
  if (error) co_return Failure(ErrorCode::internal).because(error.message());
  co_return success();
}

void Server::stop_connections() {
  const std::lock_guard lock(mutex_);
  for (const auto& [id, entry] : connections_) {
    asio::post(entry.strand, [connection = entry.connection] { connection->stop(); });
  }
}

asio::awaitable<Result<void>> Server::stop() {
  parts_.stopping = true;
  auto closing = close_acceptor();
  Result<void> closed = co_await run_on(strand_, std::move(closing));
  if (!closed) parts_.log.error("http.accept_failed", {{"failure", closed.error()}});
  stop_connections();
  Result<void> joined = co_await tasks_.join(parts_.timeouts.shutdown);
  if (joined) co_return joined;
  tasks_.cancel();
  joined = co_await tasks_.join(parts_.timeouts.shutdown);
  co_return joined;
}

}  // namespace

Result<std::unique_ptr<HttpServer>> HttpServer::listen(asio::io_context& loop,
                                                       const ServerSettings& settings,
                                                       std::shared_ptr<TlsContext> tls,
                                                       Handler handler, telemetry::Log& log,
                                                       ServerProbe& probe) {
  auto server =
      std::make_unique<Server>(loop, settings, std::move(tls), std::move(handler), log, probe);
  TRUC_TRY(server->open(settings));
  return std::unique_ptr<HttpServer>(std::move(server));
}

}  // namespace truc::channel
