// The record on the topics: written in one form, read strictly.
#include <catch2/catch.hpp>

#include "schemas/delivery/delivery_record.hpp"

namespace {

using namespace truc;
using delivery::DeliveryRecord;

DeliveryRecord sample() {
  return DeliveryRecord{
      .delivery = DeliveryId::parse("01931b3c-8a00-7000-8000-000000000001.7").value(),
      .kind = delivery::ItemKind::document,
      .sender = AgencyCode::parse("000.00.00.G22").value(),
      .recipient = AgencyCode::parse("H37.02").value(),
      .addressee = AgencyCode::parse("000.00.02.H37").value(),
      .level = Level::two,
      .priority = edxml::Priority::immediate,
      .document_id = DocumentId::parse("000.00.00.G22,2015/09/30,7816/VPCP-TTĐT").value(),
      .notation = "7816/VPCP-TTĐT \"x\"",
      .sha256 = Sha256::parse_hex(std::string(64, 'a')).value(),
      .size = 6144,
      .attachments = {{Sha256::parse_hex(std::string(64, 'b')).value(), 2'147'483'648}},
      .accepted_at = parse_rfc3339("2026-11-22T07:42:32.473Z").value()};
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  const auto at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

// The refusal of sample's JSON with `from` replaced by `to`.
Failure refusal(std::string_view from, std::string_view to) {
  const auto result = delivery::parse_delivery_record(replaced(to_json(sample()), from, to));
  REQUIRE_FALSE(result);
  REQUIRE(result.error().code() == ErrorCode::malformed_record);
  return result.error();
}

}  // namespace

TEST_CASE("a delivery record has one written form", "[schemas][delivery]") {
  REQUIRE(
      to_json(sample()) ==
      R"({"truc":1,"delivery":"01931b3c-8a00-7000-8000-000000000001.7","kind":"document",)"
      R"("sender":"000.00.00.G22","recipient":"H37.02","addressee":"000.00.02.H37","level":2,)"
      R"("priority":3,"document_id":"000.00.00.G22,2015/09/30,7816/VPCP-TTĐT",)"
      R"("notation":"7816/VPCP-TTĐT \"x\"",)"
      R"("sha256":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",)"
      R"("size":6144,"attachments":[{"sha256":)"
      R"("bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb","size":2147483648}],)"
      R"("accepted_at":"2026-11-22T07:42:32.473Z"})");
}

TEST_CASE("a delivery record reads back as it was written", "[schemas][delivery]") {
  auto record = sample();
  record.kind = GENERATE(delivery::ItemKind::document, delivery::ItemKind::status,
                         delivery::ItemKind::receipt);
  record.priority = GENERATE(edxml::Priority::normal, edxml::Priority::immediate_by_time);
  const auto read = delivery::parse_delivery_record(to_json(record));
  REQUIRE(read);
  REQUIRE(read.value() == record);
}

TEST_CASE("members of a later minor version are ignored", "[schemas][delivery]") {
  const auto text =
      replaced(to_json(sample()), R"("size":6144)", R"("size":6144,"later":{"a":[1]})");
  REQUIRE(delivery::parse_delivery_record(text).value() == sample());
}

TEST_CASE("another version of the delivery record is refused", "[schemas][delivery]") {
  REQUIRE(refusal(R"("truc":1)", R"("truc":2)").place() == "truc");
  REQUIRE(refusal(R"("truc":1,)", "").place() == "truc");
  REQUIRE(refusal(R"("truc":1)", R"("truc":"1")").place() == "truc");
}

TEST_CASE("every member of a delivery record must stand there", "[schemas][delivery]") {
  const std::string name =
      GENERATE("delivery", "kind", "sender", "recipient", "addressee", "level", "priority",
               "document_id", "notation", "size", "attachments", "accepted_at");
  REQUIRE(refusal('"' + name + '"', "\"other\"").place() == name);
}

TEST_CASE("malformed members of a delivery record are refused", "[schemas][delivery]") {
  REQUIRE(refusal("000001.7", "000001.07").place() == "delivery");
  REQUIRE(refusal(R"("kind":"document")", R"("kind":"Document")").place() == "kind");
  REQUIRE(refusal(R"("level":2)", R"("level":0)").place() == "level");
  REQUIRE(refusal(R"("level":2)", R"("level":5)").place() == "level");
  REQUIRE(refusal(R"("level":2)", R"("level":2.0)").place() == "level");
  REQUIRE(refusal(R"("priority":3)", R"("priority":5)").place() == "priority");
  REQUIRE(refusal(R"("priority":3)", R"("priority":-1)").place() == "priority");
  REQUIRE(refusal(R"("size":6144)", R"("size":-1)").place() == "size");
  REQUIRE(refusal(R"("sender":"000.)", R"("sender":"h00.)").place() == "sender");
  REQUIRE(refusal("32.473Z", "32Z").place() == "accepted_at");
  REQUIRE(refusal("bbbbbbb", "b").place() == "sha256");
  REQUIRE(refusal(R"("attachments":[{)", R"("attachments":[1,{)").place() == "attachments");
}

TEST_CASE("a member that stands twice makes a delivery record ambiguous", "[schemas][delivery]") {
  refusal(R"("level":2)", R"("level":2,"level":4)");
  refusal(R"("level":2)", R"("level":2,"recipient":"H37.02")");
  refusal(R"("size":2147483648)", R"("size":2147483648,"size":1)");
  refusal(R"("level":2)", R"("level":2,"later":{"a":1,"a":2})");
}

TEST_CASE("what is not one JSON object is no delivery record", "[schemas][delivery]") {
  for (const std::string text : {"", "null", "[]", "{", "{}", "{}{}", "\"x\"", "[[[[[[[[]]]]]]]]"})
    REQUIRE(delivery::parse_delivery_record(text).error().code() == ErrorCode::malformed_record);
  REQUIRE_FALSE(delivery::parse_delivery_record(to_json(sample()) + "x"));
  const auto whole = to_json(sample());
  for (std::size_t size = 0; size < whole.size(); ++size)
    REQUIRE_FALSE(delivery::parse_delivery_record(std::string_view(whole).substr(0, size)));
}

TEST_CASE("a delivery record has a largest size", "[schemas][delivery]") {
  auto record = sample();
  record.notation.assign(70'000, 'n');
  REQUIRE_FALSE(delivery::parse_delivery_record(to_json(record)));
}

TEST_CASE("a delivery record lists as many attachments as a document may have",
          "[schemas][delivery]") {
  auto record = sample();
  record.attachments.resize(100);
  REQUIRE(delivery::parse_delivery_record(to_json(record)).value() == record);
  record.attachments.resize(101);
  REQUIRE_FALSE(delivery::parse_delivery_record(to_json(record)));
}

TEST_CASE("each level has its topic", "[schemas][delivery]") {
  REQUIRE(delivery::topic_of(Level::one) == "truc.level1");
  REQUIRE(delivery::topic_of(Level::four) == "truc.level4");
}
