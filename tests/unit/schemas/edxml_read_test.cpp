#include <catch2/catch.hpp>

#include "tests/support/envelopes.hpp"
#include "tests/support/linting.hpp"

using namespace truc;
using namespace truc::testing;
using edxml::read_envelope;

namespace {

constexpr std::string_view kHeader = "/edXML:edXML/edXML:edXMLEnvelope/edXML:edXMLHeader";
constexpr std::string_view kMessage =
    "/edXML:edXML/edXML:edXMLEnvelope/edXML:edXMLHeader/edXML:MessageHeader";
constexpr std::string_view kManifest =
    "/edXML:edXML/edXML:edXMLEnvelope/edXML:edXMLBody/edXML:edXMLManifest";
constexpr std::string_view kBeside =
    "<truc:Beside xmlns:truc=\"urn:vn:truc:edxml:1\" sha256=\""
    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\" size=\"1\"/>";

std::string joined(std::string_view a, std::string_view b) {
  return std::string(a) + std::string(b);
}

// A package with one change; the reader must refuse it with this code, at this place.
struct Row {
  const char* what;
  std::string bytes;
  ErrorCode code;
  std::string place;
  const char* expected;
  const char* found;
};

void check_refusal(const Row& row) {
  INFO(row.what);
  require_lint_agrees(row.bytes);
  const auto envelope = read_envelope(row.bytes);
  REQUIRE_FALSE(envelope);
  const auto& failure = envelope.error();
  CHECK(describe(failure.code()).name == describe(row.code).name);
  CHECK(failure.place() == row.place);
  CHECK(failure.expected().find(row.expected) != std::string::npos);
  CHECK(failure.found().find(row.found) != std::string::npos);
  if (failure.expected().find(row.expected) == std::string::npos) UNSCOPED_INFO(failure.expected());
  if (failure.found().find(row.found) == std::string::npos) UNSCOPED_INFO(failure.found());
}

// The sample document with one fragment changed.
std::string changed(std::string_view from, std::string_view to) {
  return with(sample_document_xml(), from, to);
}
std::string status_changed(std::string_view from, std::string_view to) {
  return with(sample_status_xml(), from, to);
}

const edxml::DocumentContent& document_of(const edxml::UntrustedEnvelope& envelope) {
  REQUIRE(envelope.content().document);
  return *envelope.content().document;
}
edxml::DocumentContent read_document(std::string bytes) {
  const auto envelope = read_envelope(std::move(bytes));
  if (!envelope)
    FAIL(std::string(describe(envelope.error().code()).name) + " at " + envelope.error().place());
  auto content = document_of(envelope.value());
  content.inline_attachments.clear();  // their views end with the envelope
  return content;
}
edxml::StatusContent read_status(std::string bytes) {
  const auto envelope = read_envelope(std::move(bytes));
  REQUIRE(envelope);
  REQUIRE(envelope.value().content().status);
  return *envelope.value().content().status;
}

}  // namespace

TEST_CASE("the reader refuses a document that breaks the standard's shape", "[edxml][read]") {
  const std::string subject =
      "<edXML:Subject>Về việc kết nối, liên thông văn bản điện tử</edXML:Subject>";
  check_refusal(GENERATE_COPY(values<Row>({
      {"another root", "<edXML/>", ErrorCode::not_edxml, "/edXML", "QCVN_102_2016", "\"\""},
      {"the old generation", "<edXML xmlns='http://www.e-doc.vn/Schema/'/>", ErrorCode::not_edxml,
       "/edXML", "QCVN_102_2016", "e-doc.vn"},
      {"an empty root", "<edXML xmlns='http://www.mic.gov.vn/TBT/QCVN_102_2016'/>",
       ErrorCode::element_missing, "/edXML", "edXMLEnvelope", "no such element"},
      {"no subject", changed(subject, ""), ErrorCode::element_missing, std::string(kMessage),
       "Subject", "no such element"},
      {"two subjects", changed(subject, subject + subject), ErrorCode::element_repeated,
       joined(kMessage, "/edXML:Subject[2]"), "at most one Subject", "a second one"},
      {"a blank subject", changed(subject, "<edXML:Subject> \n</edXML:Subject>"),
       ErrorCode::value_empty, joined(kMessage, "/edXML:Subject"), "a value", "none"},
      {"an unknown element", changed(subject, subject + "<edXML:Secretary/>"),
       ErrorCode::element_unknown, joined(kMessage, "/edXML:Secretary"), "Subject", "Secretary"},
      {"a known name in no namespace", changed(subject, "<Subject>a</Subject>"),
       ErrorCode::element_unknown, joined(kMessage, "/Subject"), "Subject", "\"\""},
      {"a comment in a value", changed(subject, "<edXML:Subject>a<!-- b -->c</edXML:Subject>"),
       ErrorCode::value_invalid, joined(kMessage, "/edXML:Subject"), "plain text", "a comment"},
      {"CDATA in a value", changed(subject, "<edXML:Subject><![CDATA[a]]></edXML:Subject>"),
       ErrorCode::value_invalid, joined(kMessage, "/edXML:Subject"), "plain text", "CDATA"},
      {"an element in a value", changed(subject, "<edXML:Subject><edXML:b/></edXML:Subject>"),
       ErrorCode::value_invalid, joined(kMessage, "/edXML:Subject"), "plain text", "an element"},
      {"text between elements", changed("<edXML:PromulgationInfo>", "<edXML:PromulgationInfo>a"),
       ErrorCode::value_invalid, joined(kMessage, "/edXML:PromulgationInfo"), "elements only",
       "text"},
      {"no addressee",
       with_all(with_all(sample_document_xml(), "<edXML:To>", "<!--"), "</edXML:To>", "-->"),
       ErrorCode::element_missing, std::string(kMessage), "To", "no such element"},
      {"no OrganName", changed("<edXML:OrganName>Văn phòng Chính phủ</edXML:OrganName>", ""),
       ErrorCode::element_missing, joined(kMessage, "/edXML:From"), "OrganName", "no such element"},
      {"a malformed agency", changed("<edXML:OrganId>000.00.00.G14<", "<edXML:OrganId>g14<"),
       ErrorCode::malformed_agency_code, joined(kMessage, "/edXML:To[1]/edXML:OrganId"), "A-Z",
       "g14"},
      {"an agency of 36 characters",
       changed("<edXML:OrganId>000.00.00.G14<", "<edXML:OrganId>" + std::string(36, 'A') + "<"),
       ErrorCode::malformed_agency_code, joined(kMessage, "/edXML:To[1]/edXML:OrganId"), "35",
       "AAA"},
      {"an impossible date",
       changed("<edXML:PromulgationDate>2015/09/30", "<edXML:PromulgationDate>2014/02/30"),
       ErrorCode::malformed_date,
       joined(kMessage, "/edXML:PromulgationInfo/edXML:PromulgationDate"), "yyyy/MM/dd",
       "2014/02/30"},
      {"a date of another form", changed("<edXML:DueDate>2015/10/15", "<edXML:DueDate>2015-10-15"),
       ErrorCode::malformed_date, joined(kMessage, "/edXML:DueDate"), "yyyy/MM/dd", "2015-10-15"},
      {"months and days exchanged",
       changed("<edXML:DueDate>2015/10/15", "<edXML:DueDate>10/15/2015"), ErrorCode::malformed_date,
       joined(kMessage, "/edXML:DueDate"), "yyyy/MM/dd", "10/15/2015"},
      {"an unknown steering type", changed("<edXML:SteeringType>1<", "<edXML:SteeringType>3<"),
       ErrorCode::value_invalid, joined(kMessage, "/edXML:SteeringType"), "0 to 2", "3"},
      {"an unknown priority", changed("<edXML:Priority>0<", "<edXML:Priority>5<"),
       ErrorCode::value_invalid, joined(kMessage, "/edXML:OtherInfo/edXML:Priority"), "0 to 4",
       "5"},
      {"a priority in words", changed("<edXML:Priority>0<", "<edXML:Priority>Khẩn<"),
       ErrorCode::value_invalid, joined(kMessage, "/edXML:OtherInfo/edXML:Priority"), "0 to 4",
       "Khẩn"},
      {"a mark of secrecy as priority", changed("<edXML:Priority>0<", "<edXML:Priority>MẬT<"),
       ErrorCode::secret_marked, joined(kMessage, "/edXML:OtherInfo/edXML:Priority"), "", ""},
      {"an unknown business", changed("<edXML:BussinessDocType>0<", "<edXML:BussinessDocType>4<"),
       ErrorCode::value_invalid,
       joined(kHeader, "/edXML:TraceHeaderList/edXML:Bussiness/edXML:BussinessDocType"), "0 to 3",
       "4"},
      {"an unknown paper", changed("<edXML:Paper>0<", "<edXML:Paper>2<"), ErrorCode::value_invalid,
       joined(kHeader, "/edXML:TraceHeaderList/edXML:Bussiness/edXML:Paper"), "0 to 1", "2"},
      {"a DocumentId with a control character",
       changed("<edXML:DocumentId>000", "<edXML:DocumentId>0&#9;0"),
       ErrorCode::malformed_document_id, joined(kMessage, "/edXML:DocumentId"), "200",
       "not printable"},
      {"two headers", changed("</edXML:edXMLHeader>", "</edXML:edXMLHeader><edXML:edXMLHeader/>"),
       ErrorCode::element_repeated, joined(kHeader, "[2]"), "at most one", "a second one"},
      {"a second place for a header",
       changed("</edXML:edXMLEnvelope>", "</edXML:edXMLEnvelope><edXML:MessageHeader/>"),
       ErrorCode::element_repeated, "/edXML:edXML/edXML:MessageHeader", "one MessageHeader",
       "a second"},
      {"a signature beside the header",
       changed("<edXML:edXMLBody>",
               "<Signature xmlns='http://www.w3.org/2000/09/xmldsig#'/><edXML:edXMLBody>"),
       ErrorCode::element_unknown, "/edXML:edXML/edXML:edXMLEnvelope/Signature", "edXMLHeader",
       "xmldsig"},
  })));
}

TEST_CASE("the reader refuses a manifest that does not fit its attachments", "[edxml][read]") {
  const std::string reference =
      "<edXML:ContentId>cid:attachment-1</edXML:ContentId>\n<edXML:ContentType>";
  const std::string attachment =
      "<edXML:ContentId>cid:attachment-1</edXML:ContentId>\n<edXML:AttachmentName>";
  const auto reference_end =
      std::string("Công văn 7816.pdf</edXML:AttachmentName>\n</edXML:Reference>");
  const auto beside = [&](std::string_view change_from, std::string_view change_to) {
    auto content = sample_document();
    content.beside_attachments.push_back({"b1", "a.zip", "", "", Sha256{}, 7});
    return with(sample_document_xml(content, {}), change_from, change_to);
  };
  const std::string at_reference = joined(kManifest, "/edXML:Reference");
  const std::string at_beside = at_reference + "/truc:Beside";
  const std::string at_attachment = "/edXML:edXML/edXML:AttachmentEncoded/edXML:Attachment";
  const std::string whole_reference =
      "<edXML:Reference><edXML:ContentId>attachment-1</edXML:ContentId></edXML:Reference>";
  const std::string whole_attachment =
      "<edXML:Attachment><edXML:ContentId>attachment-1</edXML:ContentId>"
      "<edXML:ContentTransferEncoded/></edXML:Attachment>";
  check_refusal(GENERATE_COPY(values<Row>({
      {"an attachment that is not listed",
       with(sample_document_xml(), attachment, with(attachment, "attachment-1", "attachment-2")),
       ErrorCode::attachment_unlisted, at_attachment + "/edXML:ContentId", "a Reference",
       "attachment-2"},
      {"a reference without its attachment",
       changed("<edXML:edXMLManifest version=\"1.0\">",
               "<edXML:edXMLManifest "
               "version=\"1.0\"><edXML:Reference><edXML:ContentId>cid:x</edXML:ContentId>"
               "</edXML:Reference>"),
       ErrorCode::attachment_absent, joined(kManifest, "/edXML:Reference[1]/edXML:ContentId"),
       "Beside", "x"},
      {"inside and beside", changed(reference_end, with(reference_end, "\n", std::string(kBeside))),
       ErrorCode::value_invalid, at_reference + "/edXML:ContentId", "inside or beside", "both"},
      {"listed twice, once without cid:",
       changed("</edXML:edXMLManifest>", whole_reference + "</edXML:edXMLManifest>"),
       ErrorCode::element_repeated, joined(kManifest, "/edXML:Reference[2]/edXML:ContentId"),
       "once", "attachment-1"},
      {"attached twice",
       changed("</edXML:AttachmentEncoded>", whole_attachment + "</edXML:AttachmentEncoded>"),
       ErrorCode::element_repeated, at_attachment + "[2]/edXML:ContentId", "once", "attachment-1"},
      {"two names", with(sample_document_xml(), attachment + "Công", attachment + "Thông"),
       ErrorCode::value_invalid, at_attachment + "/edXML:AttachmentName", "Công văn 7816.pdf",
       "Thông văn"},
      {"no name", with_all(sample_document_xml(), "Công văn 7816.pdf", ""),
       ErrorCode::attachment_name, at_reference, "AttachmentName", "no name"},
      {"beside without a name", beside(">a.zip<", "> <"), ErrorCode::attachment_name, at_reference,
       "AttachmentName", "no name"},
      {"beside without a digest", beside(" sha256=\"" + std::string(64, '0') + '"', ""),
       ErrorCode::value_invalid, at_beside, "sha256 and size", "fewer"},
      {"beside with another attribute", beside(" size=", " href=\"x\" size="),
       ErrorCode::value_invalid, at_beside, "sha256 and size", "others"},
      {"beside with a short digest", beside(std::string(64, '0'), std::string(63, '0')),
       ErrorCode::malformed_digest, at_beside, "64 hexadecimal digits", "63"},
      {"beside of no bytes", beside("size=\"7\"", "size=\"0\""), ErrorCode::attachment_empty,
       at_beside, "one byte", "none"},
      {"beside of a negative size", beside("size=\"7\"", "size=\"-7\""), ErrorCode::value_invalid,
       at_beside, "2147483648", "-7"},
      {"beside above the limit", beside("size=\"7\"", "size=\"2147483649\""),
       ErrorCode::value_invalid, at_beside, "2147483648", "2147483649"},
      {"beside with content", beside("size=\"7\"/>", "size=\"7\">a</truc:Beside>"),
       ErrorCode::value_too_long, at_beside, "at most 0", "1 characters"},
  })));
  CHECK(read_envelope(beside("size=\"7\"", "size=\"2147483648\"")));
  CHECK(read_envelope(beside("size=\"7\"", "size=\"1\"")));
}

TEST_CASE("the reader refuses a status that breaks the standard's shape", "[edxml][read]") {
  check_refusal(GENERATE(values<Row>({
      {"an unknown code", status_changed(">03<", ">07<"), ErrorCode::status_unknown,
       joined(kMessage, "/edXML:StatusCode"), "01, 02, 03", "07"},
      {"code 0", status_changed(">03<", ">0<"), ErrorCode::status_unknown,
       joined(kMessage, "/edXML:StatusCode"), "01, 02, 03", "0"},
      {"a code in words", status_changed(">03<", ">xong<"), ErrorCode::status_unknown,
       joined(kMessage, "/edXML:StatusCode"), "01, 02, 03", "xong"},
      {"three digits", status_changed(">03<", ">003<"), ErrorCode::status_unknown,
       joined(kMessage, "/edXML:StatusCode"), "01, 02, 03", "003"},
      {"a blank code", status_changed(">03<", "> <"), ErrorCode::value_empty,
       joined(kMessage, "/edXML:StatusCode"), "a value", "none"},
      {"no time", status_changed("<edXML:Timestamp>2015/10/01 08:30:00</edXML:Timestamp>", ""),
       ErrorCode::element_missing, std::string(kMessage), "Timestamp", "no such element"},
      {"an impossible time", status_changed("2015/10/01 08:30:00", "2015/10/01 24:30:00"),
       ErrorCode::malformed_time, joined(kMessage, "/edXML:Timestamp"), "yyyy/MM/dd HH:mm:ss",
       "24:30"},
      {"an addressee of its own",
       status_changed("<edXML:StatusCode>", "<edXML:To/><edXML:StatusCode>"),
       ErrorCode::element_unknown, joined(kMessage, "/edXML:To"), "ResponseFor", "To"},
      {"no document",
       with(with(sample_status_xml(), "<edXML:ResponseFor>", "<!--"), "</edXML:ResponseFor>",
            "-->"),
       ErrorCode::element_missing, std::string(kMessage), "ResponseFor", "no such element"},
      {"a body", status_changed("</edXML:edXMLHeader>", "</edXML:edXMLHeader><edXML:edXMLBody/>"),
       ErrorCode::element_unknown, "/edXML:edXML/edXML:edXMLEnvelope/edXML:edXMLBody",
       "nothing beside the header", "edXMLBody"},
      {"attachments",
       status_changed("</edXML:edXMLEnvelope>", "</edXML:edXMLEnvelope><edXML:AttachmentEncoded/>"),
       ErrorCode::element_unknown, "/edXML:edXML/edXML:AttachmentEncoded",
       "nothing beside the header", "AttachmentEncoded"},
  })));
  auto bare =
      with(with(sample_document_xml(sample_document(), {}), "<edXML:edXMLEnvelope>", "<!--"),
           "<edXML:MessageHeader>", "--><edXML:MessageHeader>");
  bare.resize(bare.find("</edXML:MessageHeader>"));
  check_refusal({"a document's header below the root",
                 bare + "</edXML:MessageHeader></edXML:edXML>", ErrorCode::element_unknown,
                 "/edXML:edXML/edXML:MessageHeader", "edXMLEnvelope", "MessageHeader"});
}

TEST_CASE("the reader takes what real packages do", "[edxml][read]") {
  const auto expected = read_document(sample_document_xml());
  SECTION("the namespace as default, or prefixed and default in one file") {
    auto text = with_all(sample_document_xml(), "edXML:edXML ", "edXML ");
    text = with(text,
                "xmlns:edXML=", "xmlns=\"http://www.mic.gov.vn/TBT/QCVN_102_2016\" xmlns:edXML=");
    text = with_all(with_all(text, "edXML:edXML>", "edXML>"), "edXML:SignerInfo", "SignerInfo");
    CHECK(read_document(with_all(with_all(text, "<edXML:To>", "<To>"), "</edXML:To>", "</To>")) ==
          expected);
  }
  SECTION("children in another order") {
    const std::string id =
        "<edXML:DocumentId>000.00.00.G22,2015/09/30,7816/VPCP-TTĐT</edXML:DocumentId>";
    const auto text = with(sample_document_xml(), id, "");
    CHECK(read_document(with(text, "<edXML:From>", id + "<edXML:From>")) == expected);
  }
  SECTION("a signature in either namespace, with whatever it holds") {
    for (const auto* signature :
         {"<Signature xmlns='http://www.w3.org/2000/09/xmldsig#'><a>b</a>c</Signature>",
          "<edXML:Signature><edXML:SignedInfo x='y'/>placeholder</edXML:Signature>"}) {
      const auto text = with(sample_document_xml(), "</edXML:edXMLHeader>",
                             std::string(signature) + "</edXML:edXMLHeader>");
      CHECK(read_document(text) == expected);
      CHECK(rules().check(read_envelope(text).value()));
    }
  }
  SECTION("white space around codes, dates and lists of values") {
    auto text = with(sample_document_xml(), ">000.00.13.H53<", ">\n  000.00.13.H53\t<");
    text = with(with(text, ">7816<", "> 7816\n<"), ">2015/10/15<", ">\r\n2015/10/15 <");
    text = with(with(text, "<edXML:Priority>0<", "<edXML:Priority> 0 <"), ">VPCP-TTĐT<",
                "> VPCP-TTĐT <");
    text = with(text, ">000.00.00.G22,2015/09/30,7816/VPCP-TTĐT<",
                ">\n000.00.00.G22,2015/09/30,7816/VPCP-TTĐT\n<");
    CHECK(read_document(text) == expected);
  }
  SECTION("cid: in one place and not in the other") {
    const auto text =
        with(sample_document_xml(), "cid:attachment-1</edXML:ContentId>\n<edXML:AttachmentName>",
             " attachment-1</edXML:ContentId>\n<edXML:AttachmentName>");
    const auto envelope = read_envelope(text);
    REQUIRE(envelope);
    CHECK(document_of(envelope.value()).inline_attachments.at(0).content_id == "attachment-1");
  }
  SECTION("the name of an attachment only in the manifest, or only with the attachment") {
    const std::string name = "<edXML:AttachmentName>Công văn 7816.pdf</edXML:AttachmentName>";
    for (const auto* after :
         {"\n</edXML:Reference>",
          "\n<edXML:Description>Bản chính</edXML:Description>\n<edXML:ContentType>"}) {
      const auto envelope = read_envelope(with(sample_document_xml(), name + after, after));
      REQUIRE(envelope);
      CHECK(document_of(envelope.value()).inline_attachments.at(0).name == "Công văn 7816.pdf");
    }
  }
  SECTION("dates with the day first") {
    CHECK(read_document(changed("2015/10/15", "15/10/2015")) == expected);
    CHECK(read_status(status_changed("2015/10/01 08:30:00", "01/10/2015 08:30:00")) ==
          read_status(sample_status_xml()));
  }
  SECTION("empty optional elements") {
    auto text = with(sample_document_xml(), "<edXML:DueDate>2015/10/15</edXML:DueDate>",
                     "<edXML:DueDate/>");
    text = with(text, "<edXML:Priority>0<", "<edXML:Priority><");
    text = with(text, "<edXML:BussinessDocType>0<", "<edXML:DocumentId/><edXML:BussinessDocType><");
    auto without_due_date = expected;
    without_due_date.due_date.reset();
    CHECK(read_document(text) == without_due_date);
  }
  SECTION("comments between elements") {
    CHECK(read_document(changed("<edXML:Subject>", "<!-- a --><edXML:Subject>")) == expected);
  }
  SECTION("codes of 35 characters and of both generations") {
    for (const auto* code : {"H37.DN.001", "H53.20.32.001", "ABCDEFGHIJKLMNOPQRSTUVWXYZ.01234567"})
      CHECK(read_document(with_all(sample_document_xml(), "000.00.13.H53", code))
                .to.at(1)
                .organ_id.text() == code);
  }
  SECTION("no body and no trace") {
    auto text = sample_document_xml(sample_document(), {});
    for (const auto* name : {"edXMLBody", "TraceHeaderList"}) {
      const auto open = text.find("<edXML:" + std::string(name) + '>');
      const auto close = "</edXML:" + std::string(name) + '>';
      text.erase(open, text.find(close) + close.size() - open);
    }
    CHECK(read_document(text) == expected);
  }
}

TEST_CASE("a status is read where real systems put it", "[edxml][read]") {
  const auto expected = read_status(sample_status_xml());
  const auto strip = [](std::string text, std::string_view name) {
    return with(with(std::move(text), "<edXML:" + std::string(name) + ">\n", ""),
                "\n</edXML:" + std::string(name) + ">", "");
  };
  CHECK(read_status(strip(sample_status_xml(), "edXMLEnvelope")) == expected);
  CHECK(read_status(strip(strip(sample_status_xml(), "edXMLEnvelope"), "edXMLHeader")) == expected);
  CHECK(rules().check(
      read_envelope(strip(strip(sample_status_xml(), "edXMLEnvelope"), "edXMLHeader")).value()));
}

TEST_CASE("every status code reads with one digit or two", "[edxml][read]") {
  for (const int code : {1, 2, 3, 4, 5, 6, 13, 15, 16}) {
    const auto two = (code < 10 ? "0" : "") + std::to_string(code);
    CHECK(static_cast<int>(read_status(status_changed(">03<", '>' + two + '<')).code) == code);
    CHECK(static_cast<int>(
              read_status(status_changed(">03<", "> " + std::to_string(code) + "\n<")).code) ==
          code);
  }
}

TEST_CASE("the code of a ResponseFor is one text or two elements", "[edxml][read]") {
  const auto code = [](std::string_view written) {
    return read_status(status_changed(">7816/VPCP-TTĐT</edXML:Code>",
                                      '>' + std::string(written) + "</edXML:Code>"))
        .response_for.code;
  };
  CHECK(code("<edXML:CodeNumber>1</edXML:CodeNumber><edXML:CodeNotation>QĐ-TTg</"
             "edXML:CodeNotation>") == edxml::Code{"1", "QĐ-TTg"});
  CHECK(code(" 30/2020/NĐ-CP ") == edxml::Code{"30", "2020/NĐ-CP"});
  CHECK(code("30") == edxml::Code{"30", ""});
  CHECK(code("") == edxml::Code{});
}

TEST_CASE("lengths hold at their edge and are refused one beyond", "[edxml][read]") {
  const auto letters = [](std::size_t count) {
    std::string text;
    for (std::size_t i = 0; i < count; ++i) text += "ệ";
    return text;
  };
  const auto refusal = [](std::string_view from, std::string_view to) {
    const auto envelope = read_envelope(changed(from, to));
    return envelope ? std::string("none") : std::string(describe(envelope.error().code()).name);
  };
  const std::string subject = "Về việc kết nối, liên thông văn bản điện tử";
  CHECK(refusal(subject, letters(500)) == "none");
  CHECK(refusal(subject, letters(501)) == "value_too_long");
  CHECK(refusal("Triển khai trục liên thông văn bản quốc gia", letters(501)) == "value_too_long");
  CHECK(refusal(">Hà Nội<", '>' + letters(limits::kTextLengthMax) + '<') == "none");
  CHECK(refusal(">Hà Nội<", '>' + letters(limits::kTextLengthMax + 1) + '<') == "value_too_long");
  CHECK(refusal(">000.00.00.G22,2015/09/30,7816/VPCP-TTĐT<", '>' + letters(200) + '<') == "none");
  CHECK(refusal(">000.00.00.G22,2015/09/30,7816/VPCP-TTĐT<", '>' + letters(201) + '<') ==
        "malformed_document_id");
}

TEST_CASE("a hundred attachments are taken and one more is not", "[edxml][read]") {
  auto content = sample_document();
  for (std::size_t i = 0; i < limits::kAttachmentsMax; ++i)
    content.beside_attachments.push_back({"b" + std::to_string(i), "a.zip", "", "", Sha256{}, 7});
  CHECK(read_document(sample_document_xml(content, {})).beside_attachments ==
        content.beside_attachments);
  content.beside_attachments.push_back({"last", "a.zip", "", "", Sha256{}, 7});
  const auto written = edxml::write_document(content, {}, Time{});
  REQUIRE_FALSE(written);
  CHECK(written.error().code() == ErrorCode::too_many_attachments);
  CHECK(written.error().place() == joined(kManifest, "/edXML:Reference[101]"));
}

TEST_CASE("the id of a status names organ, document, code and time", "[edxml][read]") {
  CHECK(read_status(sample_status_xml()).derived_id.text() ==
        "status:000.00.00.G22:000.00.00.G22,2015/09/30,7816/VPCP-TTĐT:03:2015/10/01 08:30:00");
}

TEST_CASE("the id of a status depends on every character of a long document id", "[edxml][read]") {
  const auto id = [](const std::string& document) {
    return read_status(sample_status_xml(sample_status(edxml::StatusCode::refused, document)))
        .derived_id.text();
  };
  // "status:" 7, organ 13, code 2, time 19, four colons less the first: 156 characters are left.
  const std::string fits(156, 'a');
  CHECK(id(fits) == "status:000.00.00.G22:" + fits + ":02:2015/10/01 08:30:00");
  const std::string longer(157, 'a');
  CHECK(id(longer) ==
        "status:000.00.00.G22:26fadad0-c1e3-54cb-a7ff-14a4d3b579d6:02:2015/10/01 08:30:00");
  std::string middle(200, 'a');
  middle[100] = 'b';
  CHECK(id(middle) != id(std::string(200, 'a')));
  CHECK(id(std::string(199, 'a')) != id(std::string(200, 'a')));
}

TEST_CASE("the received bytes are carried along unchanged", "[edxml][read]") {
  const auto bytes = changed("<edXML:Subject>", "<!-- a -->\n<edXML:Subject>");
  const auto envelope = read_envelope(bytes);
  REQUIRE(envelope);
  CHECK(envelope.value().bytes() == bytes);
  CHECK(*envelope.value().shared_bytes() == bytes);
}

TEST_CASE("nothing is included into a package", "[edxml][read]") {
  check_refusal({"an XInclude",
                 changed("</edXML:From>",
                         "</edXML:From><xi:include xmlns:xi='http://www.w3.org/2001/XInclude' "
                         "href='file:///etc/passwd' parse='text'/>"),
                 ErrorCode::element_unknown, joined(kMessage, "/xi:include"), "Subject",
                 "include of namespace"});
}

TEST_CASE("identifiers of a package hold at their edges and not one beyond", "[edxml][read]") {
  const auto code = [](std::string_view of, std::size_t size) {
    return read_envelope(changed(of, "<edXML:OrganId>" + std::string(size, 'A') + "<"));
  };
  CHECK(code("<edXML:OrganId>000.00.13.H53<", limits::kAgencyCodeLengthMax));
  CHECK(code("<edXML:OrganId>000.00.13.H53<", limits::kAgencyCodeLengthMax + 1).error().code() ==
        ErrorCode::malformed_agency_code);
  const auto id = [](std::size_t size) {
    std::string text;
    for (std::size_t i = 0; i < size; ++i) text += "Đ";
    return read_envelope(changed("<edXML:DocumentId>000.00.00.G22,2015/09/30,7816/VPCP-TTĐT<",
                                 "<edXML:DocumentId>" + text + "<"));
  };
  CHECK(id(limits::kDocumentIdLengthMax));
  CHECK(id(limits::kDocumentIdLengthMax + 1).error().code() == ErrorCode::malformed_document_id);
}

TEST_CASE("a response's code is one text or two elements, never both", "[edxml][read]") {
  const std::string_view as_text = "<edXML:Code>7816/VPCP-TTĐT</edXML:Code>";
  const std::string elements = "<edXML:CodeNumber>1</edXML:CodeNumber>";
  CHECK(read_envelope(status_changed(as_text, "<edXML:Code> " + elements + " </edXML:Code>")));
  const auto both =
      read_envelope(status_changed(as_text, "<edXML:Code>7816/VPCP" + elements + "</edXML:Code>"));
  REQUIRE_FALSE(both);
  CHECK(both.error().code() == ErrorCode::value_invalid);
  CHECK(both.error().place().ends_with("/edXML:ResponseFor/edXML:Code"));
  CHECK(both.error().found() == "both");
}
