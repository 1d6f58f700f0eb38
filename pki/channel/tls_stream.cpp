#include "pki/channel/tls_stream.hpp"

#include <netinet/tcp.h>
#include <openssl/err.h>
#include <poll.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

#include "pki/channel/socket_bio.hpp"
#include "pki/channel/tls_state.hpp"
#include "schemas/base/check.hpp"
#include "schemas/base/limits.hpp"

namespace truc::channel {
namespace {

using Tcp = asio::ip::tcp;
using SystemError = boost::system::error_code;
constexpr auto kWait = asio::as_tuple(asio::use_awaitable);

constexpr std::chrono::milliseconds kFarewellTimeout = std::chrono::seconds(2);
constexpr std::chrono::milliseconds kBriefTimeout = std::chrono::milliseconds(20);
// What the kernel asks of a line that says nothing (tcp(7)): where packets are lost and no reset
// tells of it, the line is known to be gone after half a minute, and not at a request's deadline.
constexpr int kProbeAfterSeconds = 15;
constexpr int kProbeEverySeconds = 5;
constexpr int kProbesMax = 3;
// Of what a client sends; a server's answers have limits of their own.
constexpr int kUnacknowledgedMsMax = 30'000;
constexpr std::size_t kLingerBytesMax = 1 * limits::kMiB;
// A peer whose octets are always there already lets the others have their turn now and then.
constexpr int kUnwaitedMax = 32;

bool watch_line(int socket, bool is_client) {
  const auto set = [socket](int name, int value) {
    return ::setsockopt(socket, IPPROTO_TCP, name, &value, sizeof value) == 0;
  };
  return set(TCP_KEEPIDLE, kProbeAfterSeconds) && set(TCP_KEEPINTVL, kProbeEverySeconds) &&
         set(TCP_KEEPCNT, kProbesMax) &&
         (!is_client || set(TCP_USER_TIMEOUT, kUnacknowledgedMsMax));
}

// What the peer's alert says of the certificate that we presented.
std::optional<ErrorCode> alert_code(int reason) {
  switch (reason) {
    case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
      return ErrorCode::identity_required;
    case SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED:
      return ErrorCode::certificate_revoked;
    case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
      return ErrorCode::certificate_expired;
    case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
      return ErrorCode::certificate_untrusted;
    case SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE:
      return ErrorCode::certificate_usage;
    case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
    case SSL_R_TLSV1_ALERT_ACCESS_DENIED:
      return ErrorCode::identity_refused;
    default:
      return std::nullopt;
  }
}

int ssl_reason(const SystemError& error) {
  if (error.category() != asio::error::get_ssl_category()) return 0;
  return ERR_GET_REASON(static_cast<unsigned long>(static_cast<unsigned>(error.value())));
}

// Why an operation neither went on nor waits, from OpenSSL's queue of this thread or from errno.
SystemError end_of_session(int reason) {
  if (reason == SSL_ERROR_ZERO_RETURN) return asio::error::eof;
  const int system = errno;
  const unsigned long code = ERR_get_error();
  if (code == 0) return {system == 0 ? ECONNRESET : system, asio::error::get_system_category()};
  if (ERR_GET_LIB(code) == ERR_LIB_SYS) {
    return {ERR_GET_REASON(code), asio::error::get_system_category()};
  }
  return {static_cast<int>(code), asio::error::get_ssl_category()};
}

Failure io_failure(const SystemError& error, const Watchdog& watchdog) {
  if (watchdog.expired()) return Failure(ErrorCode::deadline_exceeded);
  if (error == asio::error::operation_aborted) return Failure(ErrorCode::cancelled);
  if (const auto code = alert_code(ssl_reason(error))) {
    return Failure(*code).at("own certificate").because(error.message());
  }
  return Failure(ErrorCode::peer_unreachable).because(error.message());
}

// The socket may go before the last wait of the watchdog has been taken back.
void cancel_socket(Tcp::socket& socket) {
  SystemError ignored;
  socket.cancel(ignored);
}

}  // namespace

struct TlsStream::Impl {
  Impl(Tcp::socket connected, std::unique_ptr<PeerCheck> peer_check, SslHandle session)
      : check(std::move(peer_check)),
        socket(std::move(connected)),
        ssl(std::move(session)),
        watchdog(
            std::make_shared<Watchdog>(socket.get_executor(), [this] { cancel_socket(socket); })) {}
  ~Impl() { watchdog->stop(); }

  // Calls `operation` until it is done, which is 1 as OpenSSL counts, and waits for the socket
  // between. All within one step. Error: eof after the peer's farewell.
  template <typename Operation>
  asio::awaitable<SystemError> carry_out(Operation operation) {
    begin_step();
    SystemError error;
    while (true) {  // ends with the operation, or with a wait that its deadline has cut off
      ERR_clear_error();
      const int outcome = operation(ssl.get());
      if (outcome == 1) break;
      const int reason = SSL_get_error(ssl.get(), outcome);
      if (reason == SSL_ERROR_WANT_READ && socket_has_ended(ssl.get())) {
        error = asio::ssl::error::stream_truncated;
      } else if (reason == SSL_ERROR_WANT_READ) {
        error = co_await wait(Tcp::socket::wait_read);
      } else if (reason == SSL_ERROR_WANT_WRITE) {
        error = co_await wait(Tcp::socket::wait_write);
      } else {
        error = end_of_session(reason);
      }
      if (error) break;
    }
    watchdog->clear();
    co_return error;
  }

  asio::awaitable<SystemError> wait(Tcp::socket::wait_type what) {
    unwaited = 0;
    const auto outcome = co_await socket.async_wait(what, kWait);
    co_return std::get<0>(outcome);
  }

  bool is_turn_over() { return ++unwaited >= kUnwaitedMax; }

  asio::awaitable<void> let_others() {
    unwaited = 0;
    co_await asio::post(socket.get_executor(), kWait);
  }

  void begin_step() { watchdog->set(std::min(overall, deadline_of(step))); }

  static Steady::time_point deadline_of(std::chrono::milliseconds time) {
    return time == std::chrono::milliseconds::max() ? Steady::time_point::max()
                                                    : Steady::now() + time;
  }

  short poll_for(short events) {
    pollfd entry{.fd = socket.native_handle(), .events = events, .revents = 0};
    return ::poll(&entry, 1, 0) == 1 ? entry.revents : static_cast<short>(0);
  }

  std::unique_ptr<PeerCheck> check;  // the session points to it
  Tcp::socket socket;
  SslHandle ssl;
  std::shared_ptr<Watchdog> watchdog;
  int unwaited = 0;           // operations in a row that found the socket ready
  bool peer_is_next = false;  // what we have written asks for the peer's octets, not there yet
  Steady::time_point overall = Steady::time_point::max();
  std::chrono::milliseconds step = std::chrono::milliseconds::max();
};

TlsStream::TlsStream(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
TlsStream::~TlsStream() = default;

Result<std::unique_ptr<TlsStream>> TlsStream::make(Tcp::socket socket,
                                                   std::shared_ptr<const TlsContext::State> tls,
                                                   std::string host) {
  const bool is_client = !host.empty();
  auto check = std::make_unique<PeerCheck>();
  check->tls = std::move(tls);
  check->host = std::move(host);
  TRUC_TRY(auto ssl, new_session(*check));
  SystemError error;
  socket.set_option(Tcp::no_delay(true), error);
  socket.set_option(asio::socket_base::keep_alive(true), error);
  socket.native_non_blocking(true, error);
  if (error) return Failure(ErrorCode::peer_unreachable).because(error.message());
  if (!watch_line(socket.native_handle(), is_client))
    return Failure(ErrorCode::peer_unreachable).because(std::system_category().message(errno));
  BIO* bio = new_socket_bio(socket.native_handle());
  if (bio == nullptr) return Failure(ErrorCode::crypto_failed).at("session");
  SSL_set_bio(ssl.get(), bio, bio);  // owns it
  auto impl = std::make_unique<Impl>(std::move(socket), std::move(check), std::move(ssl));
  return std::unique_ptr<TlsStream>(new TlsStream(std::move(impl)));
}

void TlsStream::limit(Steady::time_point overall, std::chrono::milliseconds step) {
  impl_->overall = overall;
  impl_->step = step;
}

void TlsStream::limit(std::chrono::milliseconds overall) {
  limit(Impl::deadline_of(overall), std::chrono::milliseconds::max());
}

void TlsStream::expire() {
  impl_->watchdog->set(Steady::time_point::min());
}

const std::shared_ptr<const pki::PeerIdentity>& TlsStream::peer() const {
  TRUC_CHECK(impl_->check->identity, "a handshake without an identity does not succeed");
  return impl_->check->identity;
}

const std::shared_ptr<const TlsContext::State>& TlsStream::context() const {
  return impl_->check->tls;
}

Result<void> TlsStream::judge_again(const TlsContext::State& current) {
  return judge_session(*impl_->check, impl_->ssl.get(), current.trust);
}

asio::awaitable<Result<void>> TlsStream::handshake() {
  const bool server = impl_->check->tls->role == TlsRole::server;
  const SystemError error = co_await impl_->carry_out(server ? SSL_accept : SSL_connect);
  if (impl_->check->refusal) co_return *impl_->check->refusal;
  if (!error) {
    TRUC_CHECK(impl_->check->identity, "the certificate callback decides every handshake");
    co_return success();
  }
  if (ssl_reason(error) == SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE) {
    co_return Failure(ErrorCode::identity_required).at("client certificate");
  }
  Failure failure = io_failure(error, *impl_->watchdog);
  const bool protocol = failure.code() == ErrorCode::peer_unreachable && ssl_reason(error) != 0;
  if (protocol) co_return Failure(ErrorCode::peer_protocol).at("TLS").because(error.message());
  co_return failure;
}

asio::awaitable<Result<std::size_t>> TlsStream::read_some(asio::mutable_buffer into) {
  Impl& self = *impl_;
  SystemError error;
  if (std::exchange(self.peer_is_next, false) && SSL_has_pending(self.ssl.get()) == 0) {
    self.begin_step();
    error = co_await self.wait(Tcp::socket::wait_read);
    self.watchdog->clear();
  }
  std::size_t bytes = 0;
  if (!error) {
    error = co_await self.carry_out(
        [&into, &bytes](SSL* ssl) { return SSL_read_ex(ssl, into.data(), into.size(), &bytes); });
  }
  if (error == asio::error::eof) co_return std::size_t{0};
  if (error) co_return io_failure(error, *self.watchdog);
  if (self.is_turn_over()) co_await self.let_others();
  co_return bytes;
}

asio::awaitable<Result<void>> TlsStream::write(std::string_view data) {
  Impl& self = *impl_;
  self.peer_is_next = true;
  while (!data.empty()) {
    std::size_t bytes = 0;
    const SystemError error = co_await self.carry_out(
        [&data, &bytes](SSL* ssl) { return SSL_write_ex(ssl, data.data(), data.size(), &bytes); });
    if (error) co_return io_failure(error, *self.watchdog);
    data.remove_prefix(bytes);
    if (self.is_turn_over()) co_await self.let_others();
  }
  co_return success();
}

asio::awaitable<void> TlsStream::wait_readable() {
  co_await impl_->socket.async_wait(Tcp::socket::wait_read, kWait);
}

bool TlsStream::peer_has_left() const {
  return (impl_->poll_for(POLLRDHUP) & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}

bool TlsStream::is_readable() const {
  return SSL_has_pending(impl_->ssl.get()) != 0 || impl_->poll_for(POLLIN | POLLRDHUP) != 0;
}

asio::awaitable<void> TlsStream::close(Farewell farewell) {
  const bool patient = farewell == Farewell::patient;
  limit(patient ? kFarewellTimeout : kBriefTimeout);
  // The first call sends ours, the second reads the peer's.
  co_await impl_->carry_out([](SSL* ssl) {
    const int sent = SSL_shutdown(ssl);
    return sent == 0 ? SSL_shutdown(ssl) : sent;
  });
  if (patient) co_await linger();
}

asio::awaitable<void> TlsStream::linger() {
  auto& socket = impl_->socket;
  SystemError error;
  socket.shutdown(Tcp::socket::shutdown_send, error);
  if (error) co_return;
  limit(kFarewellTimeout);
  std::array<char, 4 * limits::kKiB> discarded;
  const auto buffer = asio::buffer(discarded);
  for (std::size_t total = 0; total < kLingerBytesMax;) {  // ends at the peer's end or the deadline
    impl_->watchdog->set(impl_->overall);
    const auto outcome = co_await socket.async_read_some(buffer, kWait);
    impl_->watchdog->clear();
    if (std::get<0>(outcome)) break;
    total += std::get<1>(outcome);
  }
}

}  // namespace truc::channel
