// Good packages to start from: change a field before writing, or a fragment of the written text.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "schemas/base/check.hpp"
#include "schemas/edxml/envelope.hpp"
#include "schemas/edxml/write.hpp"
#include "tests/support/xml_library.hpp"

namespace truc::testing {

inline AgencyCode agency(std::string_view code) {
  return AgencyCode::parse(code).value();
}
inline DocumentId document_id(std::string_view text) {
  return DocumentId::parse(text).value();
}
inline Time national_time(std::string_view text) {
  return parse_national(text).value();
}
inline std::chrono::year_month_day day(std::string_view text) {
  return parse_national_date(text).value();
}

inline edxml::Party sample_party(std::string_view code, std::string_view name) {
  return {.organ_id = agency(code),
          .organization_in_charge = "",
          .organ_name = std::string(name),
          .organ_add = "",
          .email = "vanthu@" + std::string(code) + ".example.vn",
          .telephone = "",
          .fax = "",
          .website = ""};
}

// From the Government Office to a ministry and a province's department; no attachments, not signed.
inline edxml::DocumentContent sample_document(
    std::string_view from = "000.00.00.G22",
    const std::vector<std::string>& to = {"000.00.00.G14", "000.00.13.H53"},
    std::string_view id = "000.00.00.G22,2015/09/30,7816/VPCP-TTĐT") {
  edxml::DocumentContent content{.from = sample_party(from, "Văn phòng Chính phủ"),
                                 .to = {},
                                 .code = {"7816", "VPCP-TTĐT"},
                                 .place = "Hà Nội",
                                 .promulgation_date = day("2015/09/30"),
                                 .document_type = "1",
                                 .document_type_detail = "",
                                 .document_type_name = "Công văn",
                                 .subject = "Về việc kết nối, liên thông văn bản điện tử",
                                 .content = "Triển khai trục liên thông văn bản quốc gia",
                                 .signer_competence = "KT. BỘ TRƯỞNG, CHỦ NHIỆM",
                                 .signer_position = "Phó Chủ nhiệm",
                                 .signer_name = "Trần Văn Bình",
                                 .due_date = day("2015/10/15"),
                                 .to_places = {"Như trên", "Lưu: VT, TTĐT"},
                                 .priority = edxml::Priority::normal,
                                 .sphere_of_promulgation = "Công nghệ thông tin",
                                 .typer_notation = "TTĐT",
                                 .promulgation_amount = "1",
                                 .page_amount = "2",
                                 .direction = "",
                                 .appendixes = {},
                                 .responses_for = {},
                                 .steering_type = 1,
                                 .document_id = document_id(id),
                                 .business = {},
                                 .inline_attachments = {},
                                 .beside_attachments = {}};
  for (const auto& code : to) content.to.push_back(sample_party(code, "Cơ quan " + code));
  return content;
}

inline edxml::AttachmentBytes sample_attachment(std::string_view name = "Công văn 7816.pdf",
                                                std::string_view bytes = "%PDF-1.4 \x01\x02 bytes",
                                                std::string_view content_id = "attachment-1") {
  return {.content_id = std::string(content_id),
          .name = std::string(name),
          .description = "Bản chính",
          .content_type = "application/pdf",
          .bytes = std::string(bytes)};
}

// About the sample document, from its second addressee.
inline edxml::StatusContent sample_status(
    edxml::StatusCode code = edxml::StatusCode::registered,
    std::string_view document = "000.00.00.G22,2015/09/30,7816/VPCP-TTĐT",
    std::string_view from = "000.00.13.H53", std::string_view document_from = "000.00.00.G22") {
  return {.response_for = {.organ_id = agency(document_from),
                           .code = {"7816", "VPCP-TTĐT"},
                           .promulgation_date = day("2015/09/30"),
                           .document_id = document_id(document)},
          .from = sample_party(from, "Sở Thông tin và Truyền thông Tây Ninh"),
          .code = code,
          .description = "Văn thư đã tiếp nhận văn bản",
          .staff = {.department = "Văn phòng",
                    .staff = "Nguyễn Thị Hoa",
                    .mobile = "",
                    .email = "hoa@tayninh.example.vn"},
          .timestamp = national_time("2015/10/01 08:30:00"),
          .derived_id = document_id("status")};  // ignored by the writer
}

// Written as the product writes it, unsigned.
inline std::string sample_document_xml(const edxml::DocumentContent& content = sample_document(),
                                       const std::vector<edxml::AttachmentBytes>& inside = {
                                           sample_attachment()}) {
  return edxml::write_document(content, inside, national_time("2015/09/30 16:45:10")).value();
}
inline std::string sample_status_xml(const edxml::StatusContent& content = sample_status()) {
  return edxml::write_status(content).value();
}

// `text` with the one place that reads `from` changed to `to`.
inline std::string with(std::string text, std::string_view from, std::string_view to) {
  const auto at = text.find(from);
  TRUC_CHECK(at != std::string::npos, "the fragment must be in the package");
  TRUC_CHECK(text.find(from, at + 1) == std::string::npos, "the fragment must be there once");
  return text.replace(at, from.size(), to);
}
// The same for every place.
inline std::string with_all(std::string text, std::string_view from, std::string_view to) {
  for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
  return text;
}

inline const edxml::Rules& rules() {
  static const auto loaded = edxml::Rules::load().value();
  return loaded;
}

// Read and checked, for tests that begin behind both.
inline edxml::ValidEnvelope valid_envelope(std::string bytes) {
  return rules().check(edxml::read_envelope(std::move(bytes)).value()).value();
}

}  // namespace truc::testing
