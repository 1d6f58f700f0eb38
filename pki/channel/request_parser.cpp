#include "pki/channel/request_parser.hpp"

#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/parser.hpp>

#include <algorithm>
#include <ranges>

#include "pki/channel/head_scan.hpp"
#include "pki/channel/text.hpp"

namespace truc::channel {
namespace {

namespace beast = boost::beast;
namespace http = boost::beast::http;
using Parser = http::request_parser<http::buffer_body>;

Failure malformed(std::string place) {
  return Failure(ErrorCode::malformed_request).at(std::move(place));
}

Result<Method> to_method(http::verb verb) {
  switch (verb) {
    case http::verb::get:
      return Method::get;
    case http::verb::head:
      return Method::head;
    case http::verb::post:
      return Method::post;
    case http::verb::put:
      return Method::put;
    case http::verb::delete_:
      return Method::del;
    default:
      return Failure(ErrorCode::method_not_allowed).expected("GET, HEAD, POST, PUT or DELETE");
  }
}

// Where a body ends must be beyond doubt, or two readers of the same bytes see different requests
// (RFC 9112 6.3).
Result<void> check_framing(const Parser& parser) {
  const auto& fields = parser.get();
  if (fields.version() != 11) return malformed("version").expected("HTTP/1.1");
  if (fields.count(http::field::host) != 1) return malformed("Host").expected("exactly one");
  if (!is_host(fields[http::field::host])) return malformed("Host").expected("HOST or HOST:PORT");
  const auto lengths = fields.count(http::field::content_length);
  const auto codings = fields.count(http::field::transfer_encoding);
  if (lengths + codings > 1) {
    return malformed("Content-Length").expected("one length, or Transfer-Encoding, not both");
  }
  // A list of equal lengths is allowed to be read as one, which not every reader does.
  if (fields[http::field::content_length].find(',') != beast::string_view::npos) {
    return malformed("Content-Length").expected("one number");
  }
  if (codings == 1 && !equal_without_case(fields[http::field::transfer_encoding], "chunked")) {
    return malformed("Transfer-Encoding").expected("chunked");
  }
  const auto expectations = fields.count(http::field::expect);
  if (expectations > 1) return malformed("Expect");
  if (expectations == 1 && !equal_without_case(fields[http::field::expect], "100-continue")) {
    return malformed("Expect").expected("100-continue");
  }
  return success();
}

}  // namespace

struct RequestParser::State {
  // Fields of the head and, at the body's end, behind its last chunk.
  auto fields() const { return std::ranges::distance(parser.get()); }

  HeadScan scan;
  Parser parser;
  std::ptrdiff_t fields_of_head = 0;
};

RequestParser::RequestParser() : state_(std::make_unique<State>()) {
  state_->parser.header_limit(limits::kHttpHeaderBytesMax);
  state_->parser.body_limit(boost::none);  // handlers set theirs, in BodyReader::read_all
}

RequestParser::~RequestParser() = default;

Result<std::size_t> RequestParser::take_head(std::string_view input) {
  TRUC_TRY(const std::size_t length, state_->scan.look(input));
  if (length == 0) return length;
  auto& parser = state_->parser;
  beast::error_code error;
  const std::size_t used = parser.put(asio::buffer(input.data(), length), error);
  if (!parser.is_header_done()) return malformed("header").because(error.message());
  TRUC_TRY(check_framing(parser));
  state_->fields_of_head = state_->fields();
  return used;
}

bool RequestParser::has_head() const {
  return state_->parser.is_header_done();
}

Result<Request> RequestParser::request() const {
  Request request;
  const auto& message = state_->parser.get();
  for (const auto& field : message) {
    request.headers.add(std::string(field.name_string()), std::string(field.value()));
  }
  TRUC_TRY(request.method, to_method(message.method()));
  TRUC_TRY(request.target, Target::parse(message.target()));
  return request;
}

bool RequestParser::keeps_alive() const {
  return state_->parser.keep_alive();
}

bool RequestParser::expects_continue() const {
  return state_->parser.get().count(http::field::expect) > 0;
}

std::optional<std::uint64_t> RequestParser::length() const {
  const auto& parser = state_->parser;
  if (parser.chunked()) return std::nullopt;
  return parser.content_length().value_or(0);
}

Result<RequestParser::Taken> RequestParser::take_body(std::string_view input,
                                                      std::span<char> space) {
  auto& parser = state_->parser;
  // No chunked body ends with less, and Beast's debug build aborts when it is asked again with
  // less.
  constexpr std::string_view kLastChunk = "0\r\n\r\n";
  if (parser.chunked() && input.size() < kLastChunk.size()) return Taken{};
  auto& place = parser.get().body();
  place.data = space.data();
  place.size = space.size();
  Taken taken;
  while (true) {  // every turn but the last uses input
    beast::error_code error;
    const std::string_view rest = input.substr(taken.used);
    const std::size_t used = parser.put(asio::buffer(rest.data(), rest.size()), error);
    taken.used += used;
    if (error && error != http::error::need_more && error != http::error::need_buffer) {
      return malformed("body").because(error.message());
    }
    if (is_done() && state_->fields() != state_->fields_of_head) {
      return malformed("body").found("a field behind the last chunk");
    }
    taken.written = space.size() - place.size;
    if (taken.written > 0 || is_done() || error == http::error::need_more || used == 0) {
      return taken;
    }
  }
}

std::optional<std::uint64_t> RequestParser::remaining() const {
  const auto remaining = state_->parser.content_length_remaining();
  return remaining ? std::optional(*remaining) : std::nullopt;
}

bool RequestParser::is_done() const {
  return state_->parser.is_done();
}

}  // namespace truc::channel
