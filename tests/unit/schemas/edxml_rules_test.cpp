#include <catch2/catch.hpp>

#include "schemas/edxml/secrecy.hpp"
#include "tests/support/envelopes.hpp"
#include "tests/support/linting.hpp"

using namespace truc;
using namespace truc::testing;

namespace {

Failure refusal(std::string bytes) {
  require_lint_agrees(bytes);
  auto envelope = edxml::read_envelope(std::move(bytes));
  if (!envelope) FAIL("not even read: " + envelope.error().place());
  const auto valid = rules().check(std::move(envelope).value());
  REQUIRE_FALSE(valid);
  return valid.error();
}

std::string name_of(const Failure& failure) {
  return std::string(describe(failure.code()).name);
}

bool holds(std::string bytes) {
  require_lint_agrees(bytes);
  auto envelope = edxml::read_envelope(std::move(bytes));
  return envelope && rules().check(std::move(envelope).value());
}

std::string changed(std::string_view from, std::string_view to) {
  return with(sample_document_xml(), from, to);
}

std::string document_to(std::size_t recipients) {
  std::string parties;
  for (std::size_t i = 1; i < recipients; ++i) {
    parties += "<edXML:To><edXML:OrganId>H53." + std::to_string(10'000 + i) +
               "</edXML:OrganId><edXML:OrganName>Ủy ban nhân dân xã</edXML:OrganName></edXML:To>";
  }
  const auto text = sample_document_xml(sample_document("G22", {"H53"}), {});
  return with(text, "<edXML:To>", parties + "<edXML:To>");
}

}  // namespace

TEST_CASE("a mark of secrecy is told from the word", "[edxml][secrecy]") {
  for (const auto* text :
       {"Mật", "MẬT", "mật", " Tối  mật ", "TỐI MẬT", "Tuyệt mật", "TUYỆT\nMẬT", "[MẬT]", "(Mật)",
        "Về kế hoạch diễn tập [TỐI MẬT]", "(TUYỆT MẬT) Về kế hoạch", "Kế hoạch ( mật ) năm 2026",
        "MẬT: Về kế hoạch", "TUYỆT MẬT - Về kế hoạch", "Tối mật – Về kế hoạch", "Độ mật: Tối mật",
        "ĐỘ MẬT : MẬT", "Mật\u00a0", "【MẬT】 Về kế hoạch",
        // Decomposed, half-composed, and with the marks in either order.
        "Ma\u0323\u0302t", "MA\u0302\u0323T", "M\u00c2\u0323T", "M\u1ea0\u0302T",
        "Tuye\u0323\u0302t ma\u0323\u0302t", "To\u0302\u0301i m\u1eadt",
        "T\u00f4\u0301i m\u1eadt"}) {
    INFO(text);
    CHECK(edxml::carries_secrecy_mark(text));
  }
  for (const auto* text : {"",
                           "Về bảo vệ bí mật nhà nước",
                           "Mật độ dân số",
                           "Mật mã dân sự",
                           "Mật ong rừng",
                           "Cơ mật",
                           "Ban Cơ yếu: mật mã",
                           "Công tác bí mật - an toàn",
                           "bí mật: quy định",
                           "(bí mật)",
                           "(mật độ)",
                           "(mật mã)",
                           "[mật độ]",
                           "tài liệu mật",
                           "Danh mục mật của ngành",
                           "Độ mật: Thường",
                           "Độ mật",
                           "Mặt trận Tổ quốc",
                           "MẶT",
                           "mắt",
                           "MAT",
                           "Mất",
                           "(mất)",
                           "Mặt: a",
                           "Tuyệt đối",
                           "(M",
                           "(mật",
                           "mật)"}) {
    INFO(text);
    CHECK_FALSE(edxml::carries_secrecy_mark(text));
  }
}

TEST_CASE("the older generation's Secret says whether it is one", "[edxml][secrecy]") {
  for (const auto* value : {"1", "2", "3", "Mật", "MAT", "A", "Tối mật", "true"})
    CHECK(edxml::is_secret_value(value));
  for (const auto* value :
       {"", " ", "0", " 0\n", "none", "None", "Thường", "THƯỜNG", "thuong", "Không"})
    CHECK_FALSE(edxml::is_secret_value(value));
}

TEST_CASE("a notation closes with a bracketed mark or is a notation", "[edxml][secrecy]") {
  for (const auto* value : {"BC-VPCP(M)", "BC-VPCP (M)", "BC-BCA (Mật)", "[TỐI MẬT]"})
    CHECK(edxml::is_secret_notation(value));
  for (const auto* value : {"BC-VPCP", "BC-M", "M", "QĐ-UBND", "BM-VP", "(M)-VP"})
    CHECK_FALSE(edxml::is_secret_notation(value));
}

TEST_CASE("a document with a mark is refused wherever the mark stands", "[edxml][rules]") {
  struct Row {
    const char* from;
    const char* to;
    const char* place_ends;
  };
  const Row row = GENERATE(values<Row>({
      {"<edXML:Priority>0</edXML:Priority>", "<edXML:Secret>1</edXML:Secret>",
       "/edXML:OtherInfo/edXML:Secret"},
      {">Về việc kết nối", ">[MẬT] Về việc kết nối", "/edXML:Subject"},
      {">Triển khai trục", ">TỐI MẬT: Triển khai trục", "/edXML:Content"},
      {">VPCP-TTĐT</edXML:CodeNotation>", ">VPCP-TTĐT (M)</edXML:CodeNotation>",
       "/edXML:CodeNotation"},
      {">7816</edXML:CodeNumber>", ">7816 (Mật)</edXML:CodeNumber>", "/edXML:CodeNumber"},
      {">Công văn</edXML:TypeName>", ">Công văn (MẬT)</edXML:TypeName>", "/edXML:TypeName"},
      {"<edXML:Type>1</edXML:Type>", "<edXML:Type>Mật</edXML:Type>", "/edXML:Type"},
      {"<edXML:Type>1</edXML:Type>", "<edXML:TypeDetail>Độ mật: Tuyệt mật</edXML:TypeDetail>",
       "/edXML:TypeDetail"},
      {">TTĐT</edXML:TyperNotation>", ">Tuyệt mật</edXML:TyperNotation>", "/edXML:TyperNotation"},
      {">Công nghệ thông tin<", ">MẬT<", "/edXML:SphereOfPromulgation"},
      {"<edXML:PromulgationAmount>1<",
       "<edXML:Direction>Mật</edXML:Direction><edXML:PromulgationAmount>1<", "/edXML:Direction"},
      {"<edXML:PromulgationAmount>1<",
       "<edXML:Appendixes><edXML:Appendix>a</edXML:Appendix><edXML:Appendix>Phụ lục "
       "(Mật)</edXML:Appendix>"
       "</edXML:Appendixes><edXML:PromulgationAmount>1<",
       "/edXML:Appendixes/edXML:Appendix[2]"},
  }));
  INFO(row.to);
  const auto failure = refusal(changed(row.from, row.to));
  CHECK(name_of(failure) == "secret_marked");
  CHECK(failure.place().ends_with(row.place_ends));
  CHECK(failure.found() == "a mark of secrecy");
}

TEST_CASE("a marked attachment makes the document secret", "[edxml][rules]") {
  const auto text = with_all(sample_document_xml(), ">Công văn 7816.pdf<", ">[MẬT] 7816.pdf<");
  CHECK(refusal(text).place().ends_with("/edXML:Reference/edXML:AttachmentName"));
  CHECK(name_of(refusal(with_all(sample_document_xml(), ">Bản chính<", ">Mật<"))) ==
        "secret_marked");
}

TEST_CASE("an ordinary document that speaks of secrets is taken", "[edxml][rules]") {
  CHECK(holds(changed(">Về việc kết nối", ">Về bảo vệ bí mật nhà nước, mật mã và mật độ kết nối")));
  CHECK(holds(changed("<edXML:Priority>0</edXML:Priority>", "<edXML:Secret>0</edXML:Secret>")));
  CHECK(
      holds(changed("<edXML:Priority>0</edXML:Priority>", "<edXML:Secret>Thường</edXML:Secret>")));
  CHECK(holds(
      with(sample_status_xml(), ">Văn thư đã tiếp nhận", ">Trả lại vì văn bản có dấu (Mật)")));
}

TEST_CASE("an addressee named twice is refused at the second place", "[edxml][rules]") {
  const auto failure =
      refusal(changed("<edXML:OrganId>000.00.13.H53<", "<edXML:OrganId> 000.00.00.G14 <"));
  CHECK(name_of(failure) == "recipient_repeated");
  CHECK(failure.place().ends_with("/edXML:MessageHeader/edXML:To[2]/edXML:OrganId"));
  CHECK(failure.found() == "000.00.00.G14");
}

TEST_CASE("five hundred addressees are read and checked", "[edxml][rules]") {
  const auto envelope = valid_envelope(document_to(500));
  CHECK(envelope.content().document->to.size() == 500);
  CHECK(envelope.content().document->to.at(498).organ_id.text() == "H53.10499");
}

TEST_CASE("the number of addressees has a limit", "[edxml][rules]") {
  CHECK(holds(document_to(limits::kRecipientsMax)));
  const auto failure = refusal(document_to(limits::kRecipientsMax + 1));
  CHECK(name_of(failure) == "too_many_recipients");
  CHECK(failure.found() == "12001");
}

TEST_CASE("an attachment's name must be safe everywhere", "[edxml][rules]") {
  const std::string letters_255(255, 'a');
  const std::string letters_256(256, 'a');
  const auto named = [](std::string_view name) {
    return with_all(sample_document_xml(), ">Công văn 7816.pdf<", '>' + std::string(name) + '<');
  };
  for (const std::string name : {"../etc/passwd", "a/b.pdf", "a\\b.pdf", "..", ".", ".hidden",
                                 "a&#10;b.pdf", "a&#9;b", "a\x7f.pdf", letters_256.c_str()}) {
    INFO(name);
    const auto failure = refusal(named(name));
    CHECK(name_of(failure) == "attachment_name");
    CHECK(failure.place().ends_with("/edXML:Reference/edXML:AttachmentName"));
  }
  for (const std::string name : {"Quyết định số 30 - Phụ lục Ⅱ.pdf", "a b.tar.gz", "a..b",
                                 "7816_VPCP (bản 2).docx", letters_255.c_str()}) {
    INFO(name);
    CHECK(holds(named(name)));
  }
}

TEST_CASE("an attachment's name that stands only with the attachment is checked too",
          "[edxml][rules]") {
  const auto text =
      with(sample_document_xml(),
           "<edXML:AttachmentName>Công văn 7816.pdf</edXML:AttachmentName>\n</edXML:Reference>",
           "</edXML:Reference>");
  const auto failure = refusal(with(text, "Công văn 7816.pdf", "a/b.pdf"));
  CHECK(name_of(failure) == "attachment_name");
  CHECK(failure.place() ==
        "/edXML:edXML/edXML:AttachmentEncoded/edXML:Attachment/edXML:AttachmentName");
}

TEST_CASE("base64 is strict", "[edxml][rules]") {
  const auto decoded = [](std::string_view base64) {
    const auto bytes = edxml::decode_attachment({"1", "a", "", "", base64});
    return bytes ? bytes.value() : '!' + name_of(bytes.error());
  };
  CHECK(decoded("QQ==") == "A");
  CHECK(decoded("QUI=") == "AB");
  CHECK(decoded("QUJD") == "ABC");
  CHECK(decoded(" QU\r\n\tJD RA = = ") == "ABCD");
  CHECK(decoded("+/+/") == "\xfb\xff\xbf");
  for (const auto* bad :
       {"Q", "QQ", "QQ=", "QUI", "QQ===", "QUJD=", "QUJDRA", "====", "=",
        "QQ==QQ==", "Q=Q=", "QR==", "QUJ=", "QU-D", "QU_D", "QUJ\xc3\x90", "QUJD.", "QQ==A"}) {
    INFO(bad);
    CHECK(decoded(bad) == "!attachment_encoding");
    const auto failure = refusal(
        changed(">JVBERi0xLjQgAQIgYnl0ZXM=<",
                std::string(">") + (std::string_view(bad).ends_with('\x90') ? "Đ" : bad) + '<'));
    CHECK(name_of(failure) == "attachment_encoding");
    CHECK(failure.place() ==
          "/edXML:edXML/edXML:AttachmentEncoded/edXML:Attachment/edXML:ContentTransferEncoded");
  }
  for (const auto* empty : {"", " \n"}) {
    CHECK(decoded(empty) == "!attachment_empty");
    CHECK(name_of(refusal(changed("JVBERi0xLjQgAQIgYnl0ZXM=", empty))) == "attachment_empty");
  }
}

TEST_CASE("every byte survives base64", "[edxml][rules]") {
  for (std::size_t size = 1; size < 20; ++size) {
    std::string bytes;
    for (std::size_t i = 0; i < size; ++i) bytes.push_back(static_cast<char>(i * 37 + size * 71));
    const auto envelope = edxml::read_envelope(
        sample_document_xml(sample_document(), {sample_attachment("a", bytes)}));
    REQUIRE(envelope);
    REQUIRE(edxml::decode_attachment(envelope.value().content().document->inline_attachments.at(0))
                .value() == bytes);
  }
}

TEST_CASE("recall, update and replace name their documents", "[edxml][rules]") {
  auto content = sample_document();
  const auto written = [&] {
    const auto result = edxml::write_document(content, {}, Time{});
    return result ? std::string() : name_of(result.error()) + ' ' + result.error().expected();
  };
  content.business.type = edxml::Business::recall;
  CHECK(written() == "element_missing MessageHeader/ResponseFor, for a recall");
  content.responses_for.push_back(sample_status().response_for);
  CHECK(written().empty());
  content.business.type = edxml::Business::update;
  CHECK(written() == "element_missing Bussiness/DocumentId, for an update");
  content.business.document_id = document_id("1");
  CHECK(written().empty());
  content.business.type = edxml::Business::replace;
  CHECK(written() ==
        "element_missing Bussiness/ReplacementInfoList/ReplacementInfo, for a replacement");
  content.business.replacements.push_back({document_id("1"), {agency("G12")}});
  CHECK(written().empty());
}

TEST_CASE("the schema refuses what the reader leaves alone", "[edxml][rules]") {
  const std::string trace = "<edXML:Timestamp>2015/09/30 16:45:10</edXML:Timestamp>";
  const auto unknown_hop = refusal(changed(trace, trace + "<edXML:Host/>"));
  CHECK(name_of(unknown_hop) == "schema_violation");
  CHECK(unknown_hop.place().ends_with("/edXML:TraceHeaderList/edXML:TraceHeader/edXML:Host"));
  CHECK(name_of(refusal(changed(trace, ""))) == "schema_violation");
  CHECK(name_of(refusal(changed("<edXML:Subject>", "<edXML:Subject lang='vi'>"))) ==
        "schema_violation");
  CHECK(name_of(refusal(changed("Manifest version=\"1.0\"",
                                "Manifest version=\"" + std::string(201, '1') + "\""))) ==
        "schema_violation");
  CHECK(holds(changed("Manifest version=\"1.0\"", "Manifest")));
  const std::string info =
      "<edXML:BussinessDocumentInfo><edXML:DocumentInfo>1</"
      "edXML:DocumentInfo><edXML:DocumentReceiver>0"
      "</edXML:DocumentReceiver><edXML:ReceiverList><edXML:Receiver><edXML:ReceiverType>0</"
      "edXML:ReceiverType>"
      "<edXML:OrganId>G12</edXML:OrganId></edXML:Receiver></edXML:ReceiverList></"
      "edXML:BussinessDocumentInfo>";
  CHECK(holds(changed("<edXML:Paper>", info + "<edXML:Paper>")));
}

// Each is looked at by the reader's tables alone or by the schema as well, and lint asks both.
TEST_CASE("what the tables take without the schema, the schema takes", "[edxml][rules]") {
  const std::string time = "<edXML:Timestamp>2015/09/30 16:45:10</edXML:Timestamp>";
  const std::string organ = "<edXML:OrganId>000.00.00.G22</edXML:OrganId>";
  const std::string long_text(201, '1');
  const auto info = [](const std::string& inside) {
    return "<edXML:BussinessDocumentInfo>" + inside + "</edXML:BussinessDocumentInfo><edXML:Paper>";
  };
  struct Row {
    std::string what;
    std::string by;
  };
  const std::vector<Row> rows = {
      {time, time + organ},
      {time, time + time},
      {time, "<edXML:Timestamp a='1'>1</edXML:Timestamp>"},
      {time, "<edXML:Timestamp>1<!-- 2 -->3</edXML:Timestamp>"},
      {time, "<edXML:Timestamp>" + long_text + "</edXML:Timestamp>"},
      {time, "<edXML:Timestamp><edXML:OrganId/></edXML:Timestamp>"},
      {time, "<edXML:Timestamp/>"},
      {time, time + "and more"},
      {time, time + "<![CDATA[ ]]>"},
      {time, time + "<!-- a comment -->"},
      {"<edXML:TraceHeader>", "<edXML:TraceHeader a='1'>"},
      {"<edXML:Subject>", "<edXML:Subject xmlns:a='urn:a' a:b='c'>"},
      {"<edXML:Subject>", "<edXML:Subject xml:lang='vi'>"},
      {"<edXML:Subject>",
       "<edXML:Subject xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance' xsi:nil='true'>"},
      {"<edXML:From>", "<edXML:From a='1'>"},
      {"<edXML:From>", "<edXML:From><![CDATA[ ]]>"},
      {"Manifest version=\"1.0\"", "Manifest version=\"\""},
      {"Manifest version=\"1.0\"", "Manifest version=\"1\" a=\"2\""},
      {"Manifest version=\"1.0\"", "Manifest a=\"1\""},
      {"<edXML:Paper>", info("")},
      {"<edXML:Paper>", info("<edXML:DocumentInfo>1</edXML:DocumentInfo>")},
      {"<edXML:Paper>", info("<edXML:DocumentInfo>" + long_text + "</edXML:DocumentInfo>")},
      {"<edXML:Paper>", info("<edXML:DocumentInfo/><edXML:DocumentInfo/>")},
      {"<edXML:Paper>", info("<edXML:Paper/>")},
      {"<edXML:Paper>", info("text")},
      {"<edXML:Paper>", info("<edXML:ReceiverList/>")},
      {"<edXML:Paper>", info("<edXML:ReceiverList><edXML:Receiver/></edXML:ReceiverList>")},
  };
  std::size_t taken = 0;
  for (const Row& row : rows) {
    INFO(row.by);
    taken += holds(changed(row.what, row.by)) ? 1 : 0;  // and lint says the same
  }
  CHECK(taken == 8);
}
