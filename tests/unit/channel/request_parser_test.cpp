#include "pki/channel/request_parser.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <array>

#include "tests/support/refusals.hpp"

namespace truc::channel {
namespace {

// Gives the parser `bytes` in reads of `step`, until it has the head; what is left of them.
Result<std::string_view> head_of(RequestParser& parser, std::string_view bytes, std::size_t step) {
  for (std::size_t seen = 0;;) {
    if (seen == bytes.size()) return Failure(ErrorCode::malformed_request).found("an end");
    seen = std::min(seen + step, bytes.size());
    TRUC_TRY(const auto used, parser.take_head(bytes.substr(0, seen)));
    bytes.remove_prefix(used);
    seen -= used;
    if (parser.has_head()) return bytes;
  }
}

std::string body_of(RequestParser& parser, std::string_view bytes, std::size_t step) {
  std::string body;
  std::array<char, 3> space{};
  for (std::size_t seen = 0; !parser.is_done();) {
    const auto taken = parser.take_body(bytes.substr(0, seen), space);
    REQUIRE_OK(taken);
    bytes.remove_prefix(taken.value().used);
    seen -= taken.value().used;
    body.append(space.data(), taken.value().written);
    if (taken.value().written > 0) continue;
    REQUIRE((parser.is_done() || seen < bytes.size()));
    seen = std::min(seen + step, bytes.size());
  }
  return body;
}

std::string head_with_size(std::size_t size) {
  const std::string begin = "GET /v1/mailbox HTTP/1.1\r\nHost: hub\r\nX: ";
  const std::string end = "\r\n\r\n";
  return begin + std::string(size - begin.size() - end.size(), 'a') + end;
}

TEST_CASE("a request is the same however its bytes are cut", "[channel][parser]") {
  const auto step = GENERATE(1U, 2U, 7U, 1'000U);
  RequestParser parser;
  const auto rest = head_of(
      parser, "POST /v1/documents?a=b HTTP/1.1\r\nHost: hub\r\nTransfer-Encoding: chunked\r\n\r\n",
      step);
  REQUIRE_OK(rest);
  const auto request = parser.request();
  REQUIRE_OK(request);
  CHECK(request.value().method == Method::post);
  CHECK(request.value().target.path == "/v1/documents");
  CHECK_FALSE(parser.length());
  CHECK(body_of(parser, "5;x=y\r\nabcde\r\n2\r\nfg\r\n0\r\n\r\n", step) == "abcdefg");
}

TEST_CASE("a chunked body of nothing is whole however it is cut", "[channel][parser]") {
  const auto step = GENERATE(1U, 2U, 4U, 5U);
  RequestParser parser;
  REQUIRE_OK(
      head_of(parser, "POST / HTTP/1.1\r\nHost: hub\r\nTransfer-Encoding: chunked\r\n\r\n", 1'000));
  CHECK(body_of(parser, "0\r\n\r\n", step).empty());
  CHECK(parser.is_done());
}

TEST_CASE("a head may be as long as the limit and no longer, however it is cut",
          "[channel][parser]") {
  const auto step = GENERATE(1U, 13U, 4'096U, 65'536U);
  RequestParser fits;
  REQUIRE_OK(head_of(fits, head_with_size(limits::kHttpHeaderBytesMax), step));
  RequestParser beyond;
  REQUIRE_REFUSED(head_of(beyond, head_with_size(limits::kHttpHeaderBytesMax + 1), step),
                  header_too_large);
}

}  // namespace
}  // namespace truc::channel
