#include <catch2/catch.hpp>

#include "tests/support/envelopes.hpp"

using namespace truc;
using namespace truc::testing;

namespace {

constexpr auto kDigest = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

// Every field with a value, some of them awkward.
edxml::DocumentContent full_document() {
  auto content = sample_document();
  content.from.organization_in_charge = "Bộ <Thông tin> & \"Truyền thông\"";
  content.from.organ_add = "Số 1 Hoàng Hoa Thám,\r\nBa Đình\tHà Nội ]]>";
  content.from.telephone = "024 123";
  content.from.fax = "024 124";
  content.from.website = "http://example.vn/?a=1&b=2";
  content.document_type_detail = "'";
  content.priority = edxml::Priority::immediate_by_time;
  content.direction = " có khoảng trắng ";
  content.appendixes = {"Phụ lục 1", "", "Phụ lục 3"};
  content.responses_for = {sample_status().response_for,
                           {agency("H37.DN.001"), {}, std::nullopt, document_id("\"<&>'")}};
  content.business = {.type = edxml::Business::replace,
                      .reason = "Sai thể thức",
                      .document_id = document_id("b"),
                      .staff = {"Phòng", "Trần Thị Lan", "090", "lan@example.vn"},
                      .paper_follows = true,
                      .replacements = {{document_id("1"), {agency("G12"), agency("G12.18")}},
                                       {document_id("2"), {}}}};
  content.beside_attachments = {{"b1", "Bản đồ.zip", "Lớn", "application/zip",
                                 Sha256::parse_hex(kDigest).value(), 2'147'483'648},
                                {"b2", "b.pdf", "", "", Sha256{}, 1}};
  return content;
}

Failure write_refusal(const edxml::DocumentContent& content,
                      const std::vector<edxml::AttachmentBytes>& inside = {}) {
  const auto written = edxml::write_document(content, inside, Time{});
  REQUIRE_FALSE(written);
  return written.error();
}

std::string name_of(const Failure& failure) {
  return std::string(describe(failure.code()).name);
}

}  // namespace

TEST_CASE("every value of a document survives writing and reading", "[edxml][write]") {
  const auto content = full_document();
  const auto envelope = valid_envelope(sample_document_xml(
      content, {sample_attachment("một.pdf", "1", "1"), sample_attachment("hai.pdf", "22", "2")}));
  auto read = *envelope.content().document;
  REQUIRE(read.inline_attachments.size() == 2);
  CHECK(read.inline_attachments[1].name == "hai.pdf");
  CHECK(read.inline_attachments[1].description == "Bản chính");
  CHECK(read.inline_attachments[1].content_type == "application/pdf");
  CHECK(edxml::decode_attachment(read.inline_attachments[1]).value() == "22");
  read.inline_attachments.clear();
  CHECK(read == content);
}

TEST_CASE("the smallest document survives too", "[edxml][write]") {
  auto content = sample_document("G12", {"H37.02.02"}, "1");
  content.place = content.document_type = content.document_type_name = content.content = "";
  content.signer_competence = content.signer_position = content.signer_name = "";
  content.sphere_of_promulgation = content.typer_notation = "";
  content.promulgation_amount = content.page_amount = "";
  content.due_date.reset();
  content.to_places.clear();
  content.steering_type = 0;
  const auto text = sample_document_xml(content, {});
  CHECK(valid_envelope(text).content().document == content);
  for (const auto* absent : {"OtherInfo", "ToPlaces", "DueDate", "AttachmentEncoded", "StaffInfo"})
    CHECK(text.find(absent) == std::string::npos);
}

TEST_CASE("every value of a status survives writing and reading", "[edxml][write]") {
  auto content = sample_status(edxml::StatusCode::change_refused);
  content.description = "Không đồng ý <vì> & \"lý do\"\n2";
  content.staff.mobile = "090";
  auto read = *valid_envelope(sample_status_xml(content)).content().status;
  CHECK(read.derived_id.text().ends_with(":16:2015/10/01 08:30:00"));
  read.derived_id = content.derived_id;
  CHECK(read == content);
}

TEST_CASE("a status without optional values survives too", "[edxml][write]") {
  auto content = sample_status(edxml::StatusCode::arrived);
  content.description.clear();
  content.staff = {};
  content.response_for.code = {};
  content.response_for.promulgation_date.reset();
  auto read = *valid_envelope(sample_status_xml(content)).content().status;
  read.derived_id = content.derived_id;
  CHECK(read == content);
}

TEST_CASE("the writer refuses what no reader could take", "[edxml][write]") {
  auto content = sample_document();
  SECTION("control characters, with the place") {
    content.subject =
        "a\x01"
        "b";
    const auto failure = write_refusal(content);
    CHECK(name_of(failure) == "value_invalid");
    CHECK(failure.place() ==
          "/edXML:edXML/edXML:edXMLEnvelope/edXML:edXMLHeader/edXML:MessageHeader/edXML:Subject");
    CHECK(failure.found() == "octet 0x01");
  }
  SECTION("octets that are not UTF-8") {
    content.subject = "\xe9t\xe9";
    CHECK(name_of(write_refusal(content)) == "not_utf8");
  }
  SECTION("characters that XML does not have") {
    content.subject = "a\uffff";
    CHECK(name_of(write_refusal(content)) == "not_xml");
  }
  SECTION("white space that a reader would drop") {
    content.code.number = " 7816";
    CHECK(write_refusal(content).place().ends_with("/edXML:Code/edXML:CodeNumber"));
  }
  SECTION("a number with a slash in a ResponseFor") {
    content.responses_for = {sample_status().response_for};
    content.responses_for[0].code.number = "1/2";
    CHECK(write_refusal(content).place().ends_with("/edXML:ResponseFor/edXML:Code"));
  }
  SECTION("no addressee") {
    content.to.clear();
    CHECK(name_of(write_refusal(content)) == "element_missing");
  }
  SECTION("an addressee twice") {
    content.to.push_back(content.to.front());
    CHECK(name_of(write_refusal(content)) == "recipient_repeated");
  }
  SECTION("an empty subject, and one too long") {
    content.subject = "";
    CHECK(name_of(write_refusal(content)) == "value_empty");
    content.subject = std::string(501, 'a');
    CHECK(name_of(write_refusal(content)) == "value_too_long");
  }
  SECTION("a steering type that does not exist") {
    content.steering_type = 3;
    CHECK(name_of(write_refusal(content)) == "value_invalid");
  }
  SECTION("an attachment without bytes, name or a ContentId of its own") {
    CHECK(name_of(write_refusal(content, {sample_attachment("a", "")})) == "attachment_empty");
    CHECK(name_of(write_refusal(content, {sample_attachment("", "a")})) == "attachment_name");
    CHECK(name_of(write_refusal(content, {sample_attachment("a/b", "a")})) == "attachment_name");
    CHECK(name_of(write_refusal(content, {sample_attachment(), sample_attachment()})) ==
          "element_repeated");
  }
  SECTION("an attachment that is too large to stand inside") {
    CHECK(name_of(write_refusal(content, {sample_attachment("a", std::string(7'500'001, 'a'))})) ==
          "xml_limit");
  }
  SECTION("an attachment beside of no bytes") {
    content.beside_attachments = {{"b", "a.zip", "", "", Sha256{}, 0}};
    CHECK(name_of(write_refusal(content)) == "attachment_empty");
  }
  SECTION("a document that is marked") {
    content.subject = "[MẬT] a";
    CHECK(name_of(write_refusal(content)) == "secret_marked");
  }
}

TEST_CASE("the writer refuses a status that no reader could take", "[edxml][write]") {
  auto content = sample_status();
  content.description = std::string("a\0b", 3);
  const auto failure = edxml::write_status(content);
  REQUIRE_FALSE(failure);
  CHECK(failure.error().place().ends_with("/edXML:MessageHeader/edXML:Description"));
}
