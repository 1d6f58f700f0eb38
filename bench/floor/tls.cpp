// A bare Beast server over TLS with client certificates: reads the document, answers 1 KB. Its
// thread's processor time alone is counted, and no handshake.
#include <pthread.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <thread>

#include "bench/floor/floor.hpp"

namespace truc::bench {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
namespace ssl = asio::ssl;
using asio::ip::tcp;

constexpr std::size_t kConnections = 32;
constexpr std::size_t kRequests = 4'096;  // of a round
constexpr std::size_t kAnswerBytes = 1'024;
constexpr std::size_t kBufferBytes = 16 * 1'024;
constexpr auto kDeadline = std::chrono::seconds(120);

// One connection; lives as long as an operation holds it.
class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(tcp::socket socket, ssl::context& tls) : stream_(std::move(socket), tls) {
    answer_.result(http::status::created);
    answer_.set(http::field::content_type, "application/jose+json");
    answer_.body().assign(kAnswerBytes, 'x');
    answer_.prepare_payload();
    input_.reserve(kBufferBytes);
  }

  void run() {
    stream_.next_layer().set_option(tcp::no_delay(true));
    stream_.async_handshake(ssl::stream_base::server,
                            [self = shared_from_this()](const beast::error_code& error) {
                              if (!error) self->read();
                            });
  }

 private:
  void read() {
    request_ = {};
    http::async_read(stream_, input_, request_,
                     [self = shared_from_this()](const beast::error_code& error, std::size_t) {
                       if (!error) self->write();
                     });
  }

  void write() {
    http::async_write(stream_, answer_,
                      [self = shared_from_this()](const beast::error_code& error, std::size_t) {
                        if (!error) self->read();
                      });
  }

  ssl::stream<tcp::socket> stream_;
  beast::flat_buffer input_;
  http::request<http::string_body> request_;
  http::response<http::string_body> answer_;
};

// Serves on a thread of its own until its end.
class BareServer {
 public:
  explicit BareServer(const Authority& authority)
      : tls_(ssl::context::tls_server),
        acceptor_(loop_, tcp::endpoint(asio::ip::make_address("127.0.0.1"), 0)) {
    const auto folder = authority.hub_folder();
    tls_.use_certificate_chain_file(folder / "tls.chain.pem");
    tls_.use_private_key_file(folder / "tls.key", ssl::context::pem);
    tls_.load_verify_file(authority.anchors());
    tls_.set_verify_mode(ssl::verify_peer | ssl::verify_fail_if_no_peer_cert);
    SSL_CTX_set_ciphersuites(tls_.native_handle(), "TLS_AES_128_GCM_SHA256");
    accept();
    thread_ = std::jthread([this] { loop_.run(); });
  }
  ~BareServer() { loop_.stop(); }
  BareServer(const BareServer&) = delete;
  BareServer& operator=(const BareServer&) = delete;

  Endpoint endpoint() const { return Endpoint{"127.0.0.1", acceptor_.local_endpoint().port()}; }
  clockid_t clock() {
    clockid_t clock{};
    pthread_getcpuclockid(thread_.native_handle(), &clock);
    return clock;
  }

 private:
  void accept() {
    acceptor_.async_accept([this](const beast::error_code& error, tcp::socket socket) {
      if (error) return;
      std::make_shared<Session>(std::move(socket), tls_)->run();
      accept();
    });
  }

  asio::io_context loop_{1};
  ssl::context tls_;
  tcp::acceptor acceptor_;
  std::jthread thread_;  // joined before what it uses goes
};

// A closed loop over all connections.
class Requests {
 public:
  Requests(ClientLoop& loop, const FloorMaterial& material) : loop_(loop), material_(material) {}

  Result<void> run(const std::vector<ClientLoop::Connection>& connections) {
    sent_ = answered_ = failed_ = 0;
    for (const auto connection : connections) send(connection);
    TRUC_TRY(loop_.run_until([&] { return answered_ == kRequests; }, Steady::now() + kDeadline));
    if (failed_ == 0) return success();
    return Failure(ErrorCode::peer_unreachable).at("floor: TLS").because(loop_.first_failure());
  }

 private:
  void send(ClientLoop::Connection connection) {
    if (sent_ == kRequests) return;
    const SignedDocument& document = material_.documents[sent_++ % kFloorDocuments];
    loop_.send(connection, document.request, [this, connection](const Answer& answer) {
      ++answered_;
      failed_ += answer.status != 201 || answer.body.size() != kAnswerBytes;
      send(connection);
    });
  }

  ClientLoop& loop_;
  const FloorMaterial& material_;
  std::size_t sent_ = 0;
  std::size_t answered_ = 0;
  std::size_t failed_ = 0;
};

Result<StepCost> measure(BareServer& server, const FloorMaterial& material) {
  TRUC_TRY(auto loop, ClientLoop::make(material.authority.anchors()));
  std::vector<ClientLoop::Connection> connections;
  for (std::size_t i = 0; i < kConnections; ++i) {
    const Sender& sender = material.senders[i % material.senders.size()];
    connections.push_back(loop->connect(server.endpoint(), sender.tls));
  }
  Requests requests(*loop, material);
  std::vector<double> rounds;
  for (std::size_t round = 0; round <= material.rounds; ++round) {
    const auto begin = read_clock(server.clock());
    TRUC_TRY(requests.run(connections));
    const auto used = read_clock(server.clock()) - begin;
    // The first one has the handshakes in it.
    if (round > 0) rounds.push_back(static_cast<double>(used.count()) / 1'000 / kRequests);
  }
  return summarize("TLS and HTTP", std::move(rounds));
}

}  // namespace

Result<StepCost> measure_tls(const FloorMaterial& material) {
  try {
    BareServer server(material.authority);
    return measure(server, material);
  } catch (const boost::system::system_error& error) {
    return Failure(ErrorCode::internal).at("floor: TLS").because(error.what());
  }
}

}  // namespace truc::bench
