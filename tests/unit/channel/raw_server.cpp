#include "tests/unit/channel/raw_server.hpp"

#include <arpa/inet.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "schemas/base/check.hpp"

namespace truc::channel {
namespace {

struct Release {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  void operator()(SSL* ssl) const { SSL_free(ssl); }
};

int accept_any(X509_STORE_CTX*, void*) {
  return 1;
}

bool read_head(SSL* ssl) {
  std::string head;
  char c = 0;
  while (!head.ends_with("\r\n\r\n")) {
    if (SSL_read(ssl, &c, 1) != 1) return false;
    head += c;
  }
  return true;
}

}  // namespace

struct RawServer::State {
  int fd = -1;
  std::unique_ptr<SSL_CTX, Release> context{SSL_CTX_new(TLS_server_method())};
  std::vector<Script> scripts;
};

RawServer::RawServer(const testing::CredentialPaths& credential, std::vector<Script> scripts)
    : state_(std::make_unique<State>()) {
  ::signal(SIGPIPE, SIG_IGN);
  state_->scripts = std::move(scripts);
  SSL_CTX* context = state_->context.get();
  SSL_CTX_use_certificate_chain_file(context, credential.chain.c_str());
  SSL_CTX_use_PrivateKey_file(context, credential.key.c_str(), SSL_FILETYPE_PEM);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  SSL_CTX_set_cert_verify_callback(context, accept_any, nullptr);
  SSL_CTX_set_num_tickets(context, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  state_->fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const timeval bound{.tv_sec = 20, .tv_usec = 0};  // for a test that hangs; accept obeys it too
  ::setsockopt(state_->fd, SOL_SOCKET, SO_RCVTIMEO, &bound, sizeof bound);
  auto* raw = reinterpret_cast<sockaddr*>(&address);
  TRUC_CHECK(::bind(state_->fd, raw, size) == 0, "loopback has a free port");
  TRUC_CHECK(::listen(state_->fd, 8) == 0, "a bound socket listens");
  ::getsockname(state_->fd, raw, &size);
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] {
    for (const auto& script : state_->scripts) play(script);
    ::close(state_->fd);
  });
}

RawServer::~RawServer() {
  wait();
}

int RawServer::wait() {
  if (thread_.joinable()) thread_.join();
  return heads_;
}

void RawServer::play(const Script& script) {
  const int fd = ::accept4(state_->fd, nullptr, nullptr, SOCK_CLOEXEC);
  if (fd < 0) return;
  const timeval bound{.tv_sec = 20, .tv_usec = 0};
  ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &bound, sizeof bound);
  const std::unique_ptr<SSL, Release> ssl(SSL_new(state_->context.get()));
  SSL_set_fd(ssl.get(), fd);
  if (SSL_accept(ssl.get()) == 1) {
    for (const auto& answer : script) {
      if (!read_head(ssl.get())) break;
      ++heads_;
      if (answer.empty()) continue;
      SSL_write(ssl.get(), answer.data(), static_cast<int>(answer.size()));
    }
    SSL_shutdown(ssl.get());
  }
  ::close(fd);
}

}  // namespace truc::channel
