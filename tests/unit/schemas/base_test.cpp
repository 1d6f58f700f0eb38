#include <catch2/catch.hpp>

#include "schemas/base/bytes.hpp"
#include "schemas/base/clock.hpp"
#include "schemas/base/ids.hpp"
#include "schemas/base/problem.hpp"
#include "schemas/base/utf8.hpp"

using namespace truc;
using Generation = AgencyCode::Generation;

TEST_CASE("an agency's code says its generation and level", "[base][ids]") {
  struct Row {
    const char* text;
    Generation generation;
    std::optional<Level> level;
  };
  const Row row = GENERATE(values<Row>({
      {"000.00.00.G22", Generation::qcvn102, Level::one},
      {"000.00.13.H53", Generation::qcvn102, Level::two},
      {"000.20.32.H53", Generation::qcvn102, Level::three},
      {"000.20.00.H53", Generation::qcvn102, Level::three},
      {"001.20.32.H53", Generation::qcvn102, Level::four},
      {"001.00.00.H53", Generation::qcvn102, Level::four},
      {"G12", Generation::decision20, Level::one},
      {"G12.18", Generation::decision20, Level::two},
      {"H37.02.02", Generation::decision20, Level::three},
      {"H37.DN.001", Generation::decision20, Level::three},
      {"H37.02.02.04", Generation::decision20, Level::four},
      {"H37.02.02.04.05.06", Generation::decision20, Level::four},
      {"000.1137.H53", Generation::irregular, std::nullopt},
      {"28.22.H17", Generation::irregular, std::nullopt},
      {"00.53.W00", Generation::irregular, std::nullopt},
      {"0000.00.00.G22", Generation::irregular, std::nullopt},
  }));
  INFO(row.text);
  const auto code = AgencyCode::parse(row.text);
  REQUIRE(code);
  CHECK(code.value().text() == row.text);
  CHECK(code.value().generation() == row.generation);
  CHECK(code.value().implied_level() == row.level);
}

TEST_CASE("what is no agency's code is refused", "[base][ids]") {
  for (const auto* text : {"", ".", "G22.", ".G22", "G22..18", "g22", "G22 ", " G22", "G22/18",
                           "Đ22", "G22\n", "000.00.00,G22"}) {
    INFO(text);
    const auto code = AgencyCode::parse(text);
    REQUIRE_FALSE(code);
    CHECK(code.error().code() == ErrorCode::malformed_agency_code);
  }
  CHECK(AgencyCode::parse(std::string(35, 'A')));
  CHECK_FALSE(AgencyCode::parse(std::string(36, 'A')));
}

TEST_CASE("a system's name has the alphabet of a code", "[base][ids]") {
  CHECK(SystemId::parse("00.53.W00").value().text() == "00.53.W00");
  CHECK(SystemId::parse("00.53.w00").error().code() == ErrorCode::malformed_system_id);
  CHECK(SystemId::parse("").error().code() == ErrorCode::malformed_system_id);
}

TEST_CASE("a document's name is any printable text of 1 to 200 characters", "[base][ids]") {
  CHECK(DocumentId::parse("000.00.00.G22,2015/09/30,7816/VPCP-TTĐT"));
  std::string letters;
  for (int i = 0; i < 200; ++i) letters += "Ậ";
  CHECK(DocumentId::parse(letters));
  for (const auto& text :
       {std::string(), letters + "a", std::string("a\nb"), std::string("a\0b", 3),
        std::string("a\x7f"), std::string("\xc3"), std::string("\xff")}) {
    const auto id = DocumentId::parse(text);
    REQUIRE_FALSE(id);
    CHECK(id.error().code() == ErrorCode::malformed_document_id);
  }
}

TEST_CASE("a transfer's name is a version 7 UUID that keeps time's order", "[base][ids]") {
  std::array<std::uint8_t, 10> random{};
  random.fill(0xff);
  const auto early = TransferId::make(parse_rfc3339("2026-11-22T07:42:32.473Z").value(), random);
  random.fill(0);
  const auto late = TransferId::make(parse_rfc3339("2026-11-22T07:42:32.474Z").value(), random);
  CHECK(early < late);
  CHECK(early.bytes() < late.bytes());
  CHECK(early.text() < late.text());
  CHECK(early.text() == "01a20234-ec19-7fff-bfff-ffffffffffff");
  CHECK(late.text() == "01a20234-ec1a-7000-8000-000000000000");
  CHECK(TransferId::parse(early.text()).value() == early);
  CHECK(TransferId::from_bytes(early.bytes()).value() == early);
}

TEST_CASE("what is no transfer's name is refused", "[base][ids]") {
  for (const auto* text :
       {"", "01a20234ec197fffbfffffffffffffff", "01A20234-ec19-7fff-bfff-ffffffffffff",
        "01a20234-ec19-7fff-bfff-fffffffffff", "01a20234-ec19-7fff-bfff-ffffffffffffa",
        "01a20234+ec19-7fff-bfff-ffffffffffff", "01a20234-ec19-7fff-bfff-fffffffffffg",
        "01a2023-4ec19-7fff-bfff-ffffffffffff"}) {
    INFO(text);
    const auto id = TransferId::parse(text);
    REQUIRE_FALSE(id);
    CHECK(id.error().code() == ErrorCode::malformed_transfer_id);
  }
  CHECK_FALSE(TransferId::from_bytes("fifteen octets."));
}

TEST_CASE("a delivery is a transfer and a number", "[base][ids]") {
  const std::string transfer = "01a20234-ec19-7fff-bfff-ffffffffffff";
  for (const auto* index : {"0", "7", "10290", "4294967295"}) {
    const auto id = DeliveryId::parse(transfer + '.' + index);
    REQUIRE(id);
    CHECK(id.value().text() == transfer + '.' + index);
  }
  for (const auto& text :
       {transfer, transfer + '.', transfer + ".01", transfer + ".-1", transfer + ".4294967296",
        transfer + ".1 ", std::string(".1"), std::string()}) {
    INFO(text);
    const auto id = DeliveryId::parse(text);
    REQUIRE_FALSE(id);
    CHECK(id.error().code() == ErrorCode::malformed_delivery_id);
  }
}

TEST_CASE("a time reads back from both of its forms", "[base][clock]") {
  const auto time = parse_rfc3339("2026-11-22T17:42:32.473Z").value();
  CHECK(to_rfc3339(time) == "2026-11-22T17:42:32.473Z");
  CHECK(to_national(time) == "2026/11/23 00:42:32");
  CHECK(parse_national("2026/11/23 00:42:32").value() ==
        std::chrono::floor<std::chrono::seconds>(time));
  CHECK(to_rfc3339(Time{}) == "1970-01-01T00:00:00.000Z");
}

TEST_CASE("what is no time is refused", "[base][clock]") {
  for (const auto* text :
       {"", "2026-11-22T07:42:32Z", "2026-11-22 07:42:32.473Z", "2026-13-22T07:42:32.473Z",
        "2026-02-29T07:42:32.473Z", "2026-11-22T24:00:00.000Z", "2026-11-22T07:60:00.000Z",
        "2026-11-22T07:42:60.000Z", "2026-11-22T07:42:32.473+07"})
    CHECK(parse_rfc3339(text).error().code() == ErrorCode::malformed_time);
  for (const auto* text : {"", "2026/11/22", "2026/11/22 7:42:32", "2026/11/22T07:42:32",
                           "2026/11/31 07:42:32", "2026/11/22 25:42:32", "22/11/2026 07:42:32"})
    CHECK(parse_national(text).error().code() == ErrorCode::malformed_time);
}

TEST_CASE("a date is a day of the calendar", "[base][clock]") {
  for (const auto* text : {"2015/09/30", "2024/02/29", "0001/01/01", "9999/12/31"})
    CHECK(to_national_date(parse_national_date(text).value()) == text);
  for (const auto* text : {"", "2014/02/30", "2023/02/29", "2015/13/01", "2015/00/01", "2015/01/00",
                           "2015-09-30", "2015/9/30", "30/09/2015", "2015/09/30 "})
    CHECK(parse_national_date(text).error().code() == ErrorCode::malformed_date);
}

TEST_CASE("the system's clock says today", "[base][clock]") {
  const SystemClock clock;
  CHECK(clock.now() > parse_rfc3339("2024-01-01T00:00:00.000Z").value());
}

TEST_CASE("a digest is 64 hexadecimal digits", "[base][bytes]") {
  const std::string hex = "00ff" + std::string(56, '1') + "abcd";
  const auto digest = Sha256::parse_hex(hex).value();
  CHECK(digest.hex() == hex);
  CHECK(Sha256::parse_hex("00FF" + std::string(56, '1') + "ABCD").value() == digest);
  CHECK(digest.bytes().size() == 32);
  for (const auto& text :
       {std::string(), hex.substr(1), hex + "0", std::string(64, 'g'), std::string(64, ' ')})
    CHECK(Sha256::parse_hex(text).error().code() == ErrorCode::malformed_digest);
}

TEST_CASE("a document's name is UTF-8, and nothing that only looks like it", "[base][ids]") {
  CHECK(DocumentId::parse("7816/VPCP-TTĐT \xf0\x9f\x93\x9c"));
  for (const auto* text : {"\xff", "\xc0\xaf", "\xe0\x80\xaf", "\xed\xa0\x80", "\xf0\x80\x80\xaf",
                           "\xf4\x90\x80\x80", "\xe1\xbb", "\x80"})
    CHECK(DocumentId::parse(text).error().code() == ErrorCode::malformed_document_id);
}

TEST_CASE("what a peer is told is UTF-8, whatever it sent", "[base][problem]") {
  CHECK(as_utf8("Đ \xf0\x9f\x93\x9c") == "Đ \xf0\x9f\x93\x9c");
  CHECK(is_utf8(""));
  CHECK(is_utf8("plain, Đ \xf0\x9f\x93\x9c, plain"));
  CHECK_FALSE(is_utf8("plain \xff plain"));
  CHECK_FALSE(is_utf8("cut \xe1\xbb"));
  CHECK_FALSE(is_utf8("\xed\xa0\x80"));
  CHECK(as_utf8("a\xff\xc3(\xe1\xbb") == "a\ufffd\ufffd(\ufffd\ufffd");
  const auto failure =
      Failure(ErrorCode::value_invalid).at("\xff").expected("\xed\xa0\x80").found("Đ\xc3");
  CHECK(to_problem_json(failure).find("\"found\":\"Đ\ufffd\"") != std::string::npos);
  CHECK(to_problem_json(failure) == as_utf8(to_problem_json(failure)));
  CHECK(to_text(failure, Language::vietnamese) == as_utf8(to_text(failure, Language::vietnamese)));
}
