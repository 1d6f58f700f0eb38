// The packages that Truc writes, octet for octet, and the published schema that they follow. A
// change here is a change of what every receiver gets.
#include <catch2/catch.hpp>
#include <fstream>
#include <sstream>

#include "schemas/xml/validator.hpp"
#include "tests/support/envelopes.hpp"

using namespace truc;
using namespace truc::testing;

namespace {

std::string file(const std::string& path) {
  std::ifstream in(std::string(TRUC_SOURCE_DIR) + '/' + path, std::ios::binary);
  REQUIRE(in);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

const xml::Validator& strict_schema() {
  static const auto schema = xml::Validator::compile(file("schemas/xsd/edxml-strict.xsd")).value();
  return schema;
}

void check_strict(const std::string& text) {
  const auto verdict = strict_schema().validate(xml::Document::parse(text).value());
  if (!verdict) FAIL(verdict.error().place() + ": " + verdict.error().expected());
  CHECK(verdict);
}

edxml::DocumentContent golden_document() {
  auto content = sample_document();
  content.priority = edxml::Priority::immediate;
  content.appendixes = {"Phụ lục I"};
  content.responses_for = {sample_status().response_for};
  content.business.type = edxml::Business::update;
  content.business.reason = "Bổ sung phụ lục";
  content.business.document_id = document_id("000.00.00.G22,2015/09/28,7801/VPCP-TTĐT");
  content.business.staff.staff = "Trần Thị Lan";
  content.business.replacements = {{document_id("a"), {agency("000.00.00.G14")}}};
  content.beside_attachments = {
      {"beside-1", "Bản đồ & số liệu.zip", "", "application/zip", Sha256{}, 1'073'741'824}};
  return content;
}

}  // namespace

TEST_CASE("a document is written octet for octet as before", "[contract][edxml]") {
  const auto text = sample_document_xml(golden_document());
  CHECK(text == file("tests/contract/golden/document.edxml"));
  check_strict(text);
}

TEST_CASE("a status is written octet for octet as before", "[contract][edxml]") {
  const auto text = sample_status_xml();
  CHECK(text == file("tests/contract/golden/status.edxml"));
  check_strict(text);
}

TEST_CASE("what is written follows the published schema", "[contract][edxml]") {
  check_strict(sample_document_xml());
  auto smallest = sample_document("G12", {"H37.02.02"}, "1");
  smallest.content = "";
  smallest.due_date.reset();
  smallest.to_places.clear();
  check_strict(sample_document_xml(smallest, {}));
  for (const int code : {1, 2, 3, 4, 5, 6, 13, 15, 16}) {
    auto status = sample_status(static_cast<edxml::StatusCode>(code));
    status.response_for.code = {};
    status.staff = {};
    check_strict(sample_status_xml(status));
  }
}

TEST_CASE("the published schema refuses what readers elsewhere trip over", "[contract][edxml]") {
  const auto refused = [](std::string text) {
    return !strict_schema().validate(xml::Document::parse(text).value());
  };
  CHECK(refused(with(sample_document_xml(), "2015/10/15", "15/10/2015")));
  CHECK(refused(with(sample_document_xml(), "<edXML:SteeringType>1</edXML:SteeringType>", "")));
  CHECK(refused(with_all(sample_document_xml(), "cid:", "")));
  CHECK(refused(with_all(sample_document_xml(), "Công văn 7816.pdf", "../7816.pdf")));
  CHECK(refused(with(sample_status_xml(), ">03<", ">3<")));
  CHECK(refused(with(sample_status_xml(), "<edXML:StatusCode>", "<edXML:To/><edXML:StatusCode>")));
}

TEST_CASE("the golden packages are read and hold", "[contract][edxml]") {
  CHECK(valid_envelope(file("tests/contract/golden/document.edxml")).content().id() ==
        golden_document().document_id);
  CHECK(valid_envelope(file("tests/contract/golden/status.edxml")).content().status->code ==
        edxml::StatusCode::registered);
}
