#include <catch2/catch.hpp>

#include "edge-adapter/uplink/http_hub.hpp"
#include "edge-adapter/uplink/problem.hpp"
#include "pki/crypto/digest.hpp"
#include "schemas/base/problem.hpp"

namespace truc::edge {
namespace {

const char* kEntry =
    R"({"truc":1,"delivery":"0193563e-0000-7000-8000-000000000001.0","kind":"document",)"
    R"("sender":"000.00.00.G22","recipient":"G12.18","addressee":"G12.18","level":2,"priority":1,)"
    R"("document_id":"d","notation":"1/A","sha256":")"
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    R"(","size":10,"attachments":[],"accepted_at":"2026-11-22T07:42:32.473Z")";

}  // namespace

TEST_CASE("every refusal of the catalogue is read back as it was", "[edge][hub]") {
  for (const auto& entry : error_catalogue()) {
    const auto told = Failure(entry.code).at("/place").expected("this").found("that");
    const auto read = read_problem(entry.http_status, to_problem_json(told));
    CHECK(read.code() == entry.code);
    CHECK(read.place() == "/place");
    CHECK(read.expected() == "this");
    CHECK(read.found() == "that");
  }
}

TEST_CASE("an answer that is no problem of ours is final for 4xx only", "[edge][hub]") {
  CHECK(trouble_of(read_problem(503, "<html>")) == Trouble::line);
  CHECK(trouble_of(read_problem(500, R"({"name":"new_code"})")) == Trouble::line);
  CHECK(trouble_of(read_problem(422, R"({"name":"new_code","code":"TRUC-9999"})")) ==
        Trouble::final);
  // HEAD has no body: nothing is known of the document.
  CHECK(trouble_of(read_problem(404, "")) == Trouble::line);
}

TEST_CASE("of many confirmations each outcome is read", "[edge][hub]") {
  const auto told = Failure(ErrorCode::receipt_conflict).at("/place").found("that");
  const auto read = [](const std::string& outcomes, std::size_t count) {
    return read_outcomes("{\"outcomes\":[" + outcomes + "]}", count);
  };
  const auto three = read("{}," + to_problem_json(told) + R"(,{"name":"new_code"})", 3);
  REQUIRE(three);
  CHECK(three.value()[0]);
  CHECK(three.value()[1].error().code() == ErrorCode::receipt_conflict);
  CHECK(three.value()[1].error().found() == "that");
  CHECK(three.value()[2].error().code() == ErrorCode::malformed_request);
  CHECK(read("{}", 2).error().code() == ErrorCode::peer_protocol);
  CHECK(read("{},{}", 1).error().code() == ErrorCode::peer_protocol);
  CHECK(read("{},1", 2).error().code() == ErrorCode::peer_protocol);
  CHECK(read_outcomes("{}", 0).error().code() == ErrorCode::peer_protocol);
  CHECK(read_outcomes("<html>", 1).error().code() == ErrorCode::peer_protocol);
}

TEST_CASE("what speaks of our connection is not held against a document", "[edge][hub]") {
  const auto code = GENERATE(ErrorCode::identity_refused, ErrorCode::identity_required,
                             ErrorCode::peer_unreachable, ErrorCode::shutting_down);
  CHECK(trouble_of(Failure(code)) == Trouble::line);
  CHECK(trouble_of(Failure(ErrorCode::storage_failed)) == Trouble::item);
  CHECK(trouble_of(Failure(ErrorCode::recipient_unknown)) == Trouble::final);
}

TEST_CASE("a mailbox page is read, and a broken entry hides no other", "[edge][hub]") {
  const std::string good = std::string(kEntry) + R"(,"receipt":{"payload":"cA","signature":"cw"}})";
  const auto page = parse_mailbox("{\"entries\":[" + good + ",{\"truc\":9}," + kEntry + "}]}");
  REQUIRE(page);
  REQUIRE(page.value().entries.size() == 1);
  CHECK(page.value().entries[0].record.notation == "1/A");
  CHECK(page.value().entries[0].receipt == R"({"payload":"cA","signature":"cw"})");
  CHECK(page.value().malformed.size() == 2);  // the last one lacks its receipt
}

TEST_CASE("a receipt in a page counts when its digest is the entry's", "[edge][hub]") {
  std::string entry = kEntry;
  entry.replace(entry.find("\"document\""), 10, "\"receipt\"");
  const std::string item = R"({"payload":"cA","signature":"cw"})";
  const auto digest = entry.find("e3b0c442");
  std::string matching = entry;
  matching.replace(digest, 64, pki::sha256(item).hex());
  const auto page = parse_mailbox("{\"entries\":[" + matching + ",\"item\":" + item + "}," + entry +
                                  ",\"item\":" + item + "}," + entry + "}]}");
  REQUIRE(page);
  REQUIRE(page.value().entries.size() == 3);
  CHECK(page.value().entries[0].item == item);
  CHECK(page.value().entries[1].item.empty());  // to be fetched as it is
  CHECK(page.value().entries[2].item.empty());
}

TEST_CASE("a package in a page counts when its digest is the entry's", "[edge][hub]") {
  const std::string package = "<edXML>\"\\ Đ</edXML>";
  const std::string text = R"(,"item":"<edXML>\"\\ Đ</edXML>","receipt":{"payload":"cA"}})";
  std::string entry = kEntry;
  const auto digest = entry.find("e3b0c442");
  std::string matching = entry;
  matching.replace(digest, 64, pki::sha256(package).hex());
  const auto page = parse_mailbox("{\"entries\":[" + matching + text + "," + entry + text + "]}");
  REQUIRE(page);
  REQUIRE(page.value().entries.size() == 2);
  CHECK(page.value().entries[0].item == package);
  CHECK(page.value().entries[1].item.empty());  // to be fetched as it is
}

TEST_CASE("an answer that is no mailbox is the peer's fault", "[edge][hub]") {
  const auto body = GENERATE("", "[]", "{}", R"({"entries":{}})", "<html>");
  const auto page = parse_mailbox(body);
  REQUIRE_FALSE(page);
  CHECK(page.error().code() == ErrorCode::peer_protocol);
}

}  // namespace truc::edge
