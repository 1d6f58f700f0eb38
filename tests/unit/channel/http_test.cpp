#include "pki/channel/http.hpp"

#include <catch2/catch.hpp>

#include "pki/channel/http_client.hpp"
#include "tests/unit/channel/loop.hpp"

namespace truc::channel {
namespace {

TEST_CASE("a target is taken apart and decoded", "[channel][target]") {
  const auto target = Target::parse("/v1//documents/000.00.00.G22%2C2015%2F09/x?wait=30&q=a+b%2B");
  REQUIRE(target);
  CHECK(target.value().path == "/v1//documents/000.00.00.G22,2015/09/x");
  const std::vector<std::string> segments = {"v1", "documents", "000.00.00.G22,2015/09", "x"};
  CHECK(target.value().segments == segments);
  CHECK(target.value().parameter("wait") == "30");
  CHECK(target.value().parameter("q") == "a b+");
  CHECK(!target.value().parameter("Wait"));
}

TEST_CASE("a target keeps Vietnamese names", "[channel][target]") {
  const std::string name = "7816/VPCP-TTĐT số 5 & 6?#%";
  const auto target =
      Target::parse("/d/" + encode_component(name) + "?n=" + encode_component(name));
  REQUIRE(target);
  CHECK(target.value().segments.at(1) == name);
  CHECK(target.value().parameter("n") == name);
}

TEST_CASE("a parameter given twice has no single value", "[channel][target]") {
  const auto target = Target::parse("/?a=1&a=2&b=&&c");
  REQUIRE(target);
  CHECK(!target.value().parameter("a"));
  CHECK(target.value().parameter("b") == "");
  CHECK(target.value().parameter("c") == "");
  CHECK(target.value().parameters.size() == 4);
}

TEST_CASE("a target that is not plain is refused", "[channel][target]") {
  const auto target =
      GENERATE(as<std::string>{}, "", "v1", "*", "http://hub/v1", "hub:443", "/a b", "/a\tb",
               "/a#b", "/a\\b", "/\"", "/<", "/{x}", "/\x01", "/\x7f", "/é", "/%", "/%4", "/%zz",
               "/%4g", "/%00", "/%0d%0a", "/%1f", "/%7F", "/%80", "/%c0%af", "/%ed%a0%80",
               "/%f4%90%80%80", "/%e1%88", "/..", "/.", "/a/../b", "/a/./b", "/%2e%2e/b", "/a/.%2E",
               "/a%2f..%2fb", "/a?%", "/a?x=%00", "/a?=1", "/a?x=%ff");
  CAPTURE(target);
  const auto parsed = Target::parse(target);
  REQUIRE(!parsed);
  CHECK(parsed.error().code() == ErrorCode::malformed_request);
  CHECK(parsed.error().place() == "target");
}

TEST_CASE("a target may be as long as the limit and no longer", "[channel][target]") {
  const std::string longest = "/" + std::string(limits::kHttpTargetBytesMax - 1, 'a');
  CHECK(Target::parse(longest));
  const auto longer = Target::parse(longest + "a");
  REQUIRE(!longer);
  CHECK(longer.error().code() == ErrorCode::header_too_large);
}

TEST_CASE("dots inside a segment are no way out", "[channel][target]") {
  CHECK(Target::parse("/000.00.00.G22/..a/a../.well-known/..."));
}

TEST_CASE("header names compare without case and repeated ones have no single value",
          "[channel][headers]") {
  Headers headers;
  headers.add("Content-Type", "a");
  headers.add("x-one", "1");
  CHECK(headers.find("content-type") == "a");
  headers.add("CONTENT-TYPE", "b");
  CHECK(!headers.find("content-type"));
  headers.set("content-Type", "c");
  CHECK(headers.find("Content-Type") == "c");
  CHECK(headers.all().size() == 2);
  CHECK(!headers.find("absent"));
}

TEST_CASE("every failure becomes a problem of its own status", "[channel][http]") {
  for (const auto& entry : error_catalogue()) {
    const auto response = to_response(Failure(entry.code).because("secret detail"));
    CHECK(response.status == entry.http_status);
    CHECK(response.content_type == kProblemJson);
    CHECK(response.body.find(entry.name) != std::string::npos);
    CHECK(response.body.find("secret detail") == std::string::npos);
    CHECK(response.headers.find("retry-after").has_value() == (entry.retry == Retry::later));
  }
}

// A body given piece by piece, then a failure or the end.
class PieceReader final : public BodyReader {
 public:
  explicit PieceReader(std::vector<std::string> pieces) : pieces_(std::move(pieces)) {}

  asio::awaitable<Result<std::string>> read_some(std::size_t) override {
    if (next_ < pieces_.size()) co_return pieces_[next_++];
    if (failure) co_return *failure;
    co_return std::string();
  }
  std::optional<std::uint64_t> length() const override { return stated; }
  std::size_t pieces_read() const { return next_; }

  std::optional<std::uint64_t> stated;
  std::optional<Failure> failure;

 private:
  std::vector<std::string> pieces_;
  std::size_t next_ = 0;
};

TEST_CASE("a whole body is the sum of its pieces", "[channel][http]") {
  Loop loop;
  PieceReader body({"abc", "de", "f"});
  CHECK(run(loop, body.read_all(6)).value() == "abcdef");
}

TEST_CASE("a body over its limit is refused as soon as that is known", "[channel][http]") {
  Loop loop;
  PieceReader unstated({"abc", "de", "f"});
  const auto late = run(loop, unstated.read_all(4));
  REQUIRE(!late);
  CHECK(late.error().code() == ErrorCode::body_too_large);
  CHECK(unstated.pieces_read() == 2);

  PieceReader stated({"abc"});
  stated.stated = 5;
  const auto early = run(loop, stated.read_all(4));
  REQUIRE(!early);
  CHECK(early.error().code() == ErrorCode::body_too_large);
  CHECK(stated.pieces_read() == 0);
}

TEST_CASE("a body that breaks off is no body", "[channel][http]") {
  Loop loop;
  PieceReader body({"abc"});
  body.failure = Failure(ErrorCode::body_truncated);
  const auto read = run(loop, body.read_all(100));
  REQUIRE(!read);
  CHECK(read.error().code() == ErrorCode::body_truncated);
}

}  // namespace
}  // namespace truc::channel
