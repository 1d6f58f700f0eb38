#include "tests/unit/channel/raw_client.hpp"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>

#include "schemas/base/check.hpp"

namespace truc::channel {
namespace {

struct Release {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  void operator()(SSL* ssl) const { SSL_free(ssl); }
};

int connect_to(std::uint16_t port, const char* from) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const timeval bound{.tv_sec = 20, .tv_usec = 0};  // for a test that hangs
  ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &bound, sizeof bound);
  ::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &bound, sizeof bound);
  sockaddr_in own{};
  own.sin_family = AF_INET;
  ::inet_pton(AF_INET, from, &own.sin_addr);
  const int bound_to = ::bind(fd, reinterpret_cast<const sockaddr*>(&own), sizeof own);
  TRUC_CHECK(bound_to == 0, "every address of 127.0.0.0/8 is ours");
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int done = ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  TRUC_CHECK(done == 0, "the server under test listens");
  return fd;
}

}  // namespace

struct RawClient::State {
  int fd = -1;
  std::unique_ptr<SSL_CTX, Release> context{SSL_CTX_new(TLS_client_method())};
  std::unique_ptr<SSL, Release> ssl;
};

RawClient::RawClient(std::uint16_t port, const char* from) : state_(std::make_unique<State>()) {
  ::signal(SIGPIPE, SIG_IGN);
  state_->fd = connect_to(port, from);
}

RawClient::~RawClient() {
  if (state_->fd >= 0) ::close(state_->fd);
}

bool RawClient::handshake(const std::optional<testing::CredentialPaths>& credential,
                          int version_max, const char* ciphers) {
  SSL_CTX* context = state_->context.get();
  if (version_max != 0) SSL_CTX_set_max_proto_version(context, version_max);
  SSL_CTX_set_security_level(context, 0);  // what is offered is the test's choice
  if (ciphers != nullptr) SSL_CTX_set_cipher_list(context, ciphers);
  if (credential) {
    SSL_CTX_use_certificate_chain_file(context, credential->chain.c_str());
    SSL_CTX_use_PrivateKey_file(context, credential->key.c_str(), SSL_FILETYPE_PEM);
  }
  state_->ssl.reset(SSL_new(context));
  SSL_set_fd(state_->ssl.get(), state_->fd);
  ERR_clear_error();
  if (SSL_connect(state_->ssl.get()) == 1) return true;
  error_ = ERR_error_string(ERR_get_error(), nullptr);
  return false;
}

void RawClient::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const int sent = SSL_write(state_->ssl.get(), bytes.data(), static_cast<int>(bytes.size()));
    if (sent <= 0) return;  // the server may have closed: what it said is read afterwards
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

bool RawClient::read_more() {
  std::array<char, 16384> piece;
  ERR_clear_error();
  const int got = SSL_read(state_->ssl.get(), piece.data(), static_cast<int>(piece.size()));
  if (got > 0) {
    input_.append(piece.data(), static_cast<std::size_t>(got));
    return true;
  }
  if (const auto code = ERR_get_error(); code != 0) error_ = ERR_error_string(code, nullptr);
  return false;
}

std::string RawClient::read_head() {
  while (input_.find("\r\n\r\n") == std::string::npos) {
    if (!read_more()) return "";
  }
  const std::size_t end = input_.find("\r\n\r\n") + 4;
  std::string head = input_.substr(0, end);
  input_.erase(0, end);
  return head;
}

std::string RawClient::read_answer() {
  std::string answer = read_head();
  constexpr std::string_view kLength = "Content-Length: ";
  const std::size_t place = answer.find(kLength);
  if (place == std::string::npos) return answer;
  const std::size_t length = std::stoul(answer.substr(place + kLength.size()));
  while (input_.size() < length) {
    if (!read_more()) return "";
  }
  answer += input_.substr(0, length);
  input_.erase(0, length);
  return answer;
}

std::string RawClient::read_rest() {
  while (read_more()) {
  }
  return std::exchange(input_, {});
}

const char* RawClient::version() const {
  return SSL_get_version(state_->ssl.get());
}

bool RawClient::resumable() const {
  return SSL_SESSION_is_resumable(SSL_get0_session(state_->ssl.get())) == 1;
}

bool RawClient::compresses() const {
  return SSL_get_current_compression(state_->ssl.get()) != nullptr;
}

bool RawClient::may_send_early() const {
  return SSL_SESSION_get_max_early_data(SSL_get0_session(state_->ssl.get())) != 0;
}

bool RawClient::renegotiate() {
  if (SSL_renegotiate(state_->ssl.get()) != 1) return false;
  return SSL_do_handshake(state_->ssl.get()) == 1;
}

void RawClient::send_plain(std::string_view bytes) {
  // The server may have closed: what it said is read afterwards.
  [[maybe_unused]] const auto sent = ::send(state_->fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
}

void RawClient::half_close() {
  ::shutdown(state_->fd, SHUT_WR);
}

void RawClient::reset() {
  const linger hard{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(state_->fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
  ::close(std::exchange(state_->fd, -1));
}

}  // namespace truc::channel
