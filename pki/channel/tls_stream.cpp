#include "pki/channel/tls_stream.hpp"

#include <openssl/err.h>
#include <poll.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <array>
#include <utility>

#include "pki/channel/tls_state.hpp"
#include "schemas/base/check.hpp"
#include "schemas/base/limits.hpp"

namespace truc::channel {
namespace {

using Tcp = asio::ip::tcp;
using SslSocket = asio::ssl::stream<Tcp::socket>;
constexpr auto kWait = asio::as_tuple(asio::use_awaitable);

constexpr std::chrono::milliseconds kFarewellTimeout = std::chrono::seconds(2);
constexpr std::chrono::milliseconds kBriefTimeout = std::chrono::milliseconds(20);
constexpr std::size_t kLingerBytesMax = 1 * limits::kMiB;

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

int ssl_reason(const boost::system::error_code& error) {
  if (error.category() != asio::error::get_ssl_category()) return 0;
  return ERR_GET_REASON(static_cast<unsigned long>(static_cast<unsigned>(error.value())));
}

Failure io_failure(const boost::system::error_code& error, const Watchdog& watchdog) {
  if (watchdog.expired()) return Failure(ErrorCode::deadline_exceeded);
  if (error == asio::error::operation_aborted) return Failure(ErrorCode::cancelled);
  if (const auto code = alert_code(ssl_reason(error))) {
    return Failure(*code).at("own certificate").because(error.message());
  }
  return Failure(ErrorCode::peer_unreachable).because(error.message());
}

// The socket may go before the last wait of the watchdog has been taken back.
void cancel_socket(Tcp::socket& socket) {
  boost::system::error_code ignored;
  socket.cancel(ignored);
}

}  // namespace

struct TlsStream::Impl {
  Impl(Tcp::socket socket, std::unique_ptr<PeerCheck> peer_check, SslHandle ssl)
      : check(std::move(peer_check)),
        stream(std::move(socket), ssl.release()),
        watchdog(std::make_shared<Watchdog>(stream.get_executor(),
                                            [this] { cancel_socket(stream.next_layer()); })) {}
  ~Impl() { watchdog->stop(); }

  void begin_step() { watchdog->set(std::min(overall, deadline_of(step))); }

  static Steady::time_point deadline_of(std::chrono::milliseconds time) {
    return time == std::chrono::milliseconds::max() ? Steady::time_point::max()
                                                    : Steady::now() + time;
  }

  short poll_for(short events) {
    pollfd entry{.fd = stream.next_layer().native_handle(), .events = events, .revents = 0};
    return ::poll(&entry, 1, 0) == 1 ? entry.revents : static_cast<short>(0);
  }

  std::unique_ptr<PeerCheck> check;  // the session points to it
  SslSocket stream;
  std::shared_ptr<Watchdog> watchdog;
  Steady::time_point overall = Steady::time_point::max();
  std::chrono::milliseconds step = std::chrono::milliseconds::max();
};

TlsStream::TlsStream(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
TlsStream::~TlsStream() = default;

Result<std::unique_ptr<TlsStream>> TlsStream::make(Tcp::socket socket,
                                                   std::shared_ptr<const TlsContext::State> tls,
                                                   std::string host) {
  auto check = std::make_unique<PeerCheck>();
  check->tls = std::move(tls);
  check->host = std::move(host);
  TRUC_TRY(auto ssl, new_session(*check));
  boost::system::error_code ignored;
  socket.set_option(Tcp::no_delay(true), ignored);
  socket.set_option(asio::socket_base::keep_alive(true), ignored);
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

const pki::PeerIdentity& TlsStream::peer() const {
  TRUC_CHECK(impl_->check->identity, "a handshake without an identity does not succeed");
  return *impl_->check->identity;
}

const std::shared_ptr<const TlsContext::State>& TlsStream::context() const {
  return impl_->check->tls;
}

Result<void> TlsStream::judge_again(const TlsContext::State& current) {
  return judge_session(*impl_->check, impl_->stream.native_handle(), current.trust);
}

asio::awaitable<Result<void>> TlsStream::handshake() {
  const bool server = impl_->check->tls->role == TlsRole::server;
  const auto side = server ? SslSocket::server : SslSocket::client;
  impl_->begin_step();
  const auto outcome = co_await impl_->stream.async_handshake(side, kWait);
  impl_->watchdog->clear();
  const auto& error = std::get<0>(outcome);
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
  // What is deciphered already needs no wait.
  if (SSL_pending(impl_->stream.native_handle()) > 0) {
    boost::system::error_code error;
    const std::size_t bytes = impl_->stream.read_some(asio::mutable_buffers_1(into), error);
    if (error) co_return io_failure(error, *impl_->watchdog);
    co_return bytes;
  }
  impl_->begin_step();
  const auto outcome = co_await impl_->stream.async_read_some(into, kWait);
  impl_->watchdog->clear();
  const auto& [error, bytes] = outcome;
  if (error == asio::error::eof) co_return std::size_t{0};
  if (error) co_return io_failure(error, *impl_->watchdog);
  co_return bytes;
}

asio::awaitable<Result<void>> TlsStream::write(std::string_view data) {
  while (!data.empty()) {
    impl_->begin_step();
    const asio::const_buffer buffer(data.data(), data.size());
    const auto outcome = co_await impl_->stream.async_write_some(buffer, kWait);
    impl_->watchdog->clear();
    const auto& [error, bytes] = outcome;
    if (error) co_return io_failure(error, *impl_->watchdog);
    data.remove_prefix(bytes);
  }
  co_return success();
}

asio::awaitable<void> TlsStream::wait_readable() {
  co_await impl_->stream.next_layer().async_wait(Tcp::socket::wait_read, kWait);
}

bool TlsStream::peer_has_left() const {
  return (impl_->poll_for(POLLRDHUP) & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}

bool TlsStream::is_readable() const {
  return impl_->poll_for(POLLIN | POLLRDHUP) != 0;
}

asio::awaitable<void> TlsStream::close(Farewell farewell) {
  const bool patient = farewell == Farewell::patient;
  limit(patient ? kFarewellTimeout : kBriefTimeout);
  impl_->begin_step();
  co_await impl_->stream.async_shutdown(kWait);
  impl_->watchdog->clear();
  if (patient) co_await linger();
}

asio::awaitable<void> TlsStream::linger() {
  auto& socket = impl_->stream.next_layer();
  boost::system::error_code error;
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
