// HTTP/1.1 messages as the rest of Truc sees them; Beast stays in this folder's sources.
#pragma once

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pki/trust/peer_identity.hpp"
#include "schemas/base/limits.hpp"
#include "schemas/base/result.hpp"

namespace truc::channel {

namespace asio = boost::asio;

enum class Method : std::uint8_t { get, head, post, put, del };
std::string_view to_text(Method method);  // as in a request line

// Field names compare without case. Order is kept.
class Headers {
 public:
  // Replaces every value of that name.
  void set(std::string name, std::string value);
  // Keeps the values that are there, as a received message does.
  void add(std::string name, std::string value);
  // The single value; nullopt when absent or present more than once.
  std::optional<std::string_view> find(std::string_view name) const;
  const std::vector<std::pair<std::string, std::string>>& all() const { return fields_; }

 private:
  std::vector<std::pair<std::string, std::string>> fields_;
};

// A request's body, read once and in order. Lives as long as the request.
class BodyReader {
 public:
  virtual ~BodyReader() = default;
  // Up to `max` bytes; empty at the end. Failures: body_truncated, deadline_exceeded, cancelled.
  virtual asio::awaitable<Result<std::string>> read_some(std::size_t max) = 0;
  // The stated length; nullopt for chunked bodies.
  virtual std::optional<std::uint64_t> length() const = 0;

  // The whole body. Failures as above, and body_too_large as soon as it is known.
  asio::awaitable<Result<std::string>> read_all(std::size_t max);
};

// A parsed target: "/v1/mailbox?wait=30".
struct Target {
  std::string path;                                             // percent-decoded, starts with '/'
  std::vector<std::string> segments;                            // decoded, without empty ones
  std::vector<std::pair<std::string, std::string>> parameters;  // decoded

  // Strict: origin form only, at most kHttpTargetBytesMax, RFC 3986 characters, whole escapes that
  // give UTF-8 without control characters, no "." or ".." segment however it is written. An
  // escaped slash stays inside its segment; '+' in a parameter is a space.
  // Failures: malformed_request, header_too_large.
  static Result<Target> parse(std::string_view target);
  // The single value; nullopt when absent or present more than once.
  std::optional<std::string_view> parameter(std::string_view name) const;
};

struct Request {
  Method method = Method::get;
  Target target;
  Headers headers;
  // Checked at the TLS handshake against the trust store; never null in a handler. Shared: a
  // system's certificate may name a thousand agencies.
  std::shared_ptr<const pki::PeerIdentity> peer;
  std::string peer_address;
  BodyReader* body = nullptr;  // borrowed, never null in a handler
};

// Where an answer's body comes from when it is not in memory: called until it returns empty.
using BodySource = std::function<asio::awaitable<Result<std::string>>()>;

// An answer. The body is either `shared_body` (kept alive, not copied), or `source` with
// `source_length`, or `body`.
struct Response {
  Response() = default;
  Response(int http_status, std::string type, std::string text)
      : status(http_status), content_type(std::move(type)), body(std::move(text)) {}

  int status = 200;
  std::string content_type;
  Headers headers;
  std::string body;
  std::shared_ptr<const std::string> shared_body;
  BodySource source;
  std::uint64_t source_length = 0;
};

constexpr std::string_view kJson = "application/json";
constexpr std::string_view kProblemJson = "application/problem+json";
constexpr std::string_view kReceiptJson = "application/jose+json";
constexpr std::string_view kEnvelopeXml = "application/xml";
constexpr std::string_view kPlainText = "text/plain";  // confirmations, one a line

// The one place where a Failure becomes an HTTP answer; sets Retry-After where a retry may help.
Response to_response(const Failure& failure);

}  // namespace truc::channel
