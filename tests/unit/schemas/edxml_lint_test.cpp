#include <catch2/catch.hpp>

#include <fmt/format.h>

#include "tests/support/linting.hpp"

using namespace truc;
using namespace truc::testing;

namespace {

// "name at the place's last step" of each fault, in order.
std::vector<std::string> told(const Faults& faults) {
  std::vector<std::string> lines;
  for (const auto& fault : faults.kept()) {
    const auto& place = fault.place();
    lines.push_back(
        fmt::format("{} {}", describe(fault.code()).name, place.substr(place.rfind('/') + 1)));
  }
  return lines;
}

using Lines = std::vector<std::string>;

// `count` faults, one after the other.
std::string with_unknown_elements(std::size_t count) {
  std::string unknown;
  for (std::size_t i = 0; i < count; ++i) unknown += "<edXML:Phong/>";
  return with(sample_document_xml(), "<edXML:Code>", unknown + "<edXML:Code>");
}

}  // namespace

TEST_CASE("a good package has no fault and may be used", "[edxml][lint]") {
  for (const auto& bytes : {sample_document_xml(), sample_status_xml()}) {
    Faults faults(limits::kLintFaultsMax);
    auto linted = edxml::lint(rules(), bytes, faults);
    REQUIRE_OK(linted);
    CHECK(faults.none());
    CHECK(linted.value().valid);
    CHECK_FALSE(linted.value().readable);
    require_lint_agrees(bytes);
  }
}

TEST_CASE("every fault of a document is told at once", "[edxml][lint]") {
  auto text = sample_document_xml();
  text = with(text, "<edXML:From>\n<edXML:OrganId>000.00.00.G22<",
              "<edXML:From>\n<edXML:OrganId>g22<");
  text = with(text, "<edXML:PromulgationDate>2015/09/30<", "<edXML:PromulgationDate>2015/02/30<");
  text = with(text, "<edXML:SteeringType>1<", "<edXML:SteeringType>7<");
  text = with(text, "<edXML:CodeNumber>7816</edXML:CodeNumber>", "<edXML:Phong/>");
  text = with(text, "<edXML:Subject>Về việc kết nối, liên thông văn bản điện tử<",
              "<edXML:Subject>(Mật) Về việc kết nối<");
  text = with(text, "<edXML:Priority>0<", "<edXML:Priority>9<");
  text = with(text, "<edXML:ContentTransferEncoded>", "<edXML:ContentTransferEncoded>?");
  CHECK(told(faults_of(text)) ==
        Lines{"malformed_agency_code edXML:OrganId", "element_unknown edXML:Phong",
              "element_missing edXML:Code", "malformed_date edXML:PromulgationDate",
              "value_invalid edXML:Priority", "value_invalid edXML:SteeringType",
              "secret_marked edXML:Subject", "attachment_encoding edXML:ContentTransferEncoded"});
  require_lint_agrees(text);
}

TEST_CASE("every fault of a status is told at once", "[edxml][lint]") {
  auto text = sample_status_xml();
  text = with(text, "<edXML:StatusCode>03<", "<edXML:StatusCode>99<");
  text = with(text, "<edXML:Timestamp>2015/10/01 08:30:00<", "<edXML:Timestamp>yesterday<");
  text = with(text, "<edXML:OrganId>000.00.13.H53<", "<edXML:OrganId>?<");
  CHECK(told(faults_of(text)).size() == 3);
}

TEST_CASE("attachments are paired although some are faulty", "[edxml][lint]") {
  auto text = sample_document_xml(sample_document(), {sample_attachment("a.pdf", "a", "one"),
                                                      sample_attachment("b.pdf", "b", "two")});
  text = with(text, "<edXML:Reference>\n<edXML:ContentId>cid:one</edXML:ContentId>",
              "<edXML:Reference>\n<edXML:ContentId/>");
  CHECK(told(faults_of(text)) ==
        Lines{"value_empty edXML:ContentId", "attachment_unlisted edXML:ContentId"});
}

TEST_CASE("what the schema only repeats is left out, the rest is not", "[edxml][lint]") {
  auto text = with(sample_document_xml(), "<edXML:Code>", "<edXML:Phong/><edXML:Code>");
  CHECK(told(faults_of(text)) == Lines{"element_unknown edXML:Phong"});
  text = with(text, "<edXML:edXMLManifest version=\"1.0\">",
              "<edXML:edXMLManifest version=\"1.0\" kind=\"a\">");
  CHECK(told(faults_of(text)) ==
        Lines{"element_unknown edXML:Phong", "schema_violation edXML:edXMLManifest"});
}

TEST_CASE("bytes that are no package have one fault", "[edxml][lint]") {
  CHECK(told(faults_of("")).size() == 1);
  CHECK(told(faults_of("<a>")).size() == 1);
  CHECK(told(faults_of("<a><b/><c/></a>")) == Lines{"not_edxml a"});
  CHECK(told(faults_of("<!DOCTYPE a><a/>")).front().starts_with("doctype_forbidden"));
}

TEST_CASE("lint keeps as many faults as it may, and says when there are more", "[edxml][lint]") {
  const auto ends = [](std::size_t count) {
    Faults faults(limits::kLintFaultsMax);
    const auto linted = edxml::lint(rules(), with_unknown_elements(count), faults);
    CHECK(faults.kept().size() == std::min(count, limits::kLintFaultsMax));
    return linted.has_value();
  };
  CHECK(ends(limits::kLintFaultsMax));
  CHECK_FALSE(ends(limits::kLintFaultsMax + 1));
}

TEST_CASE("lint agrees with the reader on whatever single character is lost", "[edxml][lint]") {
  const auto text = sample_document_xml();
  for (std::size_t at = 0; at < text.size(); at += 7) {
    INFO("without the octet " << at);
    require_lint_agrees(text.substr(0, at) + text.substr(at + 1));
  }
}

TEST_CASE("lint agrees with the reader on whatever single element is lost or stands twice",
          "[edxml][lint]") {
  for (const auto& text : {sample_document_xml(), sample_status_xml()}) {
    for (auto at = text.find("<edXML:"); at != std::string::npos;
         at = text.find("<edXML:", at + 1)) {
      const auto name = text.substr(at + 1, text.find_first_of(" >/", at) - at - 1);
      const auto close = "</" + name + ">";
      const auto end = text.find(close, at);
      if (end == std::string::npos) continue;
      const auto element = text.substr(at, end + close.size() - at);
      INFO(name << " at " << at);
      require_lint_agrees(text.substr(0, at) + text.substr(at + element.size()));
      require_lint_agrees(text.substr(0, at) + element + text.substr(at));
      require_lint_agrees(text.substr(0, at) + "<" + name + "/>" +
                          text.substr(at + element.size()));
    }
  }
}
