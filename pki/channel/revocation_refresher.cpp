#include "pki/channel/revocation_refresher.hpp"

#include <openssl/err.h>
#include <openssl/http.h>

#include "pki/channel/handles.hpp"
#include "pki/crypto/file.hpp"
#include "schemas/base/limits.hpp"

namespace truc::channel {
namespace {

constexpr auto kPoll = std::chrono::seconds(1);
constexpr int kDefaultBuffer = 0;
constexpr int kIsDer = 1;  // OpenSSL then reads exactly one DER value, into memory

Failure unreachable(const std::string& url) {
  char text[256] = "no reason given";
  if (const unsigned long code = ERR_get_error(); code != 0)
    ERR_error_string_n(code, text, sizeof text);
  ERR_clear_error();
  return Failure(ErrorCode::peer_unreachable).at(url).because(text);
}

struct Url {
  std::string host;
  std::string port;
  std::string path;
};

Result<Url> parse_url(const std::string& url) {
  char* host = nullptr;
  char* port = nullptr;
  char* path = nullptr;
  int is_tls = 0;
  const int parsed = OSSL_HTTP_parse_url(url.c_str(), &is_tls, nullptr, &host, &port, nullptr,
                                         &path, nullptr, nullptr);
  const pki::TextHandle owned_host(host);
  const pki::TextHandle owned_port(port);
  const pki::TextHandle owned_path(path);
  ERR_clear_error();
  const bool has_host = parsed == 1 && *host != '\0';
  if (!has_host || is_tls != 0 || !url.starts_with("http://")) {
    return Failure(ErrorCode::malformed_config)
        .expected("http://host[:port][/path]; what is fetched is signed itself")
        .found(url);
  }
  return Url{host, port, path};
}

}  // namespace

Result<void> require_fetchable(const std::string& url) {
  TRUC_TRY(parse_url(url));
  return success();
}

Result<std::string> fetch(const std::string& url, const std::string& request, std::size_t most) {
  TRUC_TRY(const auto parts, parse_url(url));
  constexpr int kSeconds = static_cast<int>(
      std::chrono::duration_cast<std::chrono::seconds>(limits::kRevocationFetchTimeout).count());
  ERR_clear_error();
  pki::BioHandle answer;
  if (request.empty()) {
    answer.reset(OSSL_HTTP_get(url.c_str(), nullptr, nullptr, nullptr, nullptr, nullptr, nullptr,
                               kDefaultBuffer, nullptr, nullptr, kIsDer, most, kSeconds));
  } else {
    const pki::BioHandle question(
        BIO_new_mem_buf(request.data(), static_cast<int>(request.size())));
    if (!question) return unreachable(url);
    answer.reset(OSSL_HTTP_transfer(
        nullptr, parts.host.c_str(), parts.port.c_str(), parts.path.c_str(), 0, nullptr, nullptr,
        nullptr, nullptr, nullptr, nullptr, kDefaultBuffer, nullptr, "application/ocsp-request",
        question.get(), "application/ocsp-response", kIsDer, most, kSeconds, 0));
  }
  if (!answer) return unreachable(url);
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(answer.get(), &bytes);
  return std::string(bytes, static_cast<std::size_t>(size));
}

RevocationRefresher::RevocationRefresher(std::shared_ptr<pki::OnlineRevocation> online,
                                         const Clock& clock, telemetry::Log& log)
    : online_(std::move(online)), clock_(clock), log_(log) {
  attend_due();
  thread_ = std::thread([this] { run(); });
}

RevocationRefresher::~RevocationRefresher() {
  is_stopping_ = true;
  online_->stop_waiting();
  thread_.join();
}

void RevocationRefresher::run() {
  while (!is_stopping_) {
    online_->wait(kPoll);
    attend_due();
  }
}

void RevocationRefresher::attend_due() {
  for (const auto& errand : online_->take_due(clock_.now())) {
    if (is_stopping_) return;
    attend(errand);
  }
}

void RevocationRefresher::attend(const pki::RevocationErrand& errand) {
  const auto generation = online_->generation();
  const auto brought = bring(errand);
  if (!brought) {
    counters_.failed.fetch_add(1, std::memory_order_relaxed);
    log_.warn("revocation.fetch_failed", {{"url", errand.url}, {"failure", brought.error()}});
    return;
  }
  counters_.fetched.fetch_add(1, std::memory_order_relaxed);
  if (online_->generation() != generation)
    log_.info("revocation.fetched", {{"url", errand.url}, {"is_list", !errand.question}});
}

Result<void> RevocationRefresher::bring(const pki::RevocationErrand& errand) {
  std::string request;
  if (errand.question) {
    TRUC_TRY(request, errand.question->request());
  }
  const std::size_t most = errand.question ? limits::kOcspAnswerBytesMax : pki::kTrustFileBytesMax;
  auto fetched = fetch(errand.url, request, most);
  if (!fetched) {
    online_->failed(errand, clock_.now());
    return std::move(fetched).error();
  }
  return online_->done(errand, fetched.value(), clock_.now());
}

}  // namespace truc::channel
