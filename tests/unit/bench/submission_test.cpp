#include "bench/load/submission.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <catch2/catch.hpp>
#include <thread>

#include "tests/support/test_pki.hpp"

using namespace truc;
using namespace truc::bench;
using namespace std::chrono_literals;

namespace {

namespace asio = boost::asio;

// Takes one connection, and lets it go at the first byte that comes over it.
class DyingServer {
 public:
  explicit DyingServer(testing::TestPki& pki)
      : acceptor_(loop_, {asio::ip::make_address("127.0.0.1"), 0}) {
    const auto hub = pki.hub("bench");
    tls_.use_certificate_chain_file(hub.chain);
    tls_.use_private_key_file(hub.key, asio::ssl::context::pem);
    thread_ = std::jthread([this] { serve(); });
  }
  Endpoint endpoint() const { return Endpoint{"127.0.0.1", acceptor_.local_endpoint().port()}; }

 private:
  void serve() {
    boost::system::error_code error;  // the client sees what went wrong
    asio::ssl::stream<asio::ip::tcp::socket> stream(acceptor_.accept(error), tls_);
    stream.handshake(asio::ssl::stream_base::server, error);
    char byte = 0;
    stream.read_some(asio::buffer(&byte, 1), error);
  }

  asio::io_context loop_;
  asio::ssl::context tls_{asio::ssl::context::tls_server};
  asio::ip::tcp::acceptor acceptor_;
  std::jthread thread_;  // joined before what it uses goes
};

SignedDocument document(const std::string& id) {
  return SignedDocument{.sender = 0,
                        .id = DocumentId::parse(id).value(),
                        .code = {},
                        .recipients = {},
                        .request = make_request("GET", "/")};
}

}  // namespace

TEST_CASE("A pass that was given up sends and counts nothing more", "[bench]") {
  testing::TestPki pki;
  const auto authority = Authority::open(pki.dir(), {}).value();
  const Identity tls = authority->system(SystemId::parse("00.53.W00").value(), {}).value();
  const std::vector<Sender> sender{{nullptr, tls, pki.agency("000.00.00.G22")}};
  const auto loop = ClientLoop::make(pki.anchors()).value();
  const DyingServer server(pki);
  const auto connected = Senders::connect(*loop, server.endpoint(), sender, 1).value();
  const auto trust = pki.trust();
  Submitter submitter(*loop, connected, *trust);
  int sent = 0;
  submitter.tell_due([&](const SignedDocument&, Steady::time_point) { ++sent; });

  const std::vector documents{document("000.00.00.G22,2026/11/24,1/A"),
                              document("000.00.00.G22,2026/11/24,2/A")};
  REQUIRE_FALSE(submitter.run(documents, Pace{.window = 1}, [](std::size_t) {}));
  REQUIRE(sent == 1);

  // The first document's end would make room for the second one; this one is told after it.
  bool is_told = false;
  loop->send(connected.of(0).front(), documents.front().request,
             [&](const Answer&) { is_told = true; });
  REQUIRE(loop->run_until([&] { return is_told; }, Steady::now() + 60s));
  CHECK(sent == 1);
  CHECK(submitter.observed().unanswered == documents.size());
}
