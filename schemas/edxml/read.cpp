// The frame of a package, and status packages.
#include "schemas/edxml/read.hpp"

#include <boost/uuid/name_generator_sha1.hpp>
#include <boost/uuid/uuid_io.hpp>

#include <algorithm>
#include <array>

namespace truc::edxml {
namespace {

constexpr Slot kRootSlots[] = {
    {"edXMLEnvelope", Occurs::at_most_once, Form::group},
    {"AttachmentEncoded", Occurs::at_most_once, Form::group},
    {"edXMLHeader", Occurs::at_most_once, Form::group},    // of a status only
    {"MessageHeader", Occurs::at_most_once, Form::group},  // of a status only
};
constexpr Slot kEnvelopeSlots[] = {
    {"edXMLHeader", Occurs::once, Form::group},
    {"edXMLBody", Occurs::at_most_once, Form::group},
};
constexpr Slot kHeaderSlots[] = {
    {"MessageHeader", Occurs::once, Form::group},
    {"TraceHeaderList", Occurs::at_most_once, Form::group},
    // Whether there may be one, and where, is for the verifier to say; it is often written in the
    // standard's own namespace.
    {"Signature", Occurs::any_number, Form::open, 0, "http://www.w3.org/2000/09/xmldsig#"},
    {"Signature", Occurs::any_number, Form::open},
};
constexpr Slot kCodeSlots[] = {
    {"CodeNumber", Occurs::at_most_once},
    {"CodeNotation", Occurs::at_most_once},
};

constexpr std::array kStatusCodes = {
    StatusCode::arrived,   StatusCode::refused,       StatusCode::registered,
    StatusCode::assigned,  StatusCode::in_progress,   StatusCode::finished,
    StatusCode::take_back, StatusCode::change_agreed, StatusCode::change_refused,
};

// Names of documents inside derived ids: a random UUID of version 4, never to be changed.
constexpr boost::uuids::uuid kResponseNames = {{0x8c, 0x2e, 0x5b, 0x61, 0x0f, 0x7a, 0x4d, 0x93,
                                                0xa5, 0x46, 0xe1, 0x3c, 0x72, 0xd8, 0x19, 0xb4}};

Result<StatusCode> read_status_code(xml::Element element) {
  const auto written = token_of(element);
  const bool digits = written.size() <= 2 &&
                      std::ranges::all_of(written, [](char c) { return c >= '0' && c <= '9'; });
  int number = 0;
  for (const char c : digits ? written : std::string_view()) number = number * 10 + (c - '0');
  const auto* code = std::ranges::find(kStatusCodes, static_cast<StatusCode>(number));
  if (code != kStatusCodes.end()) return *code;
  return Failure(ErrorCode::status_unknown)
      .at(element.xpath())
      .expected("01, 02, 03, 04, 05, 06, 13, 15 or 16")
      .found(std::string(written.substr(0, 40)));
}

Result<Time> read_timestamp(xml::Element element) {
  auto time = parse_national(year_first(token_of(element)));
  if (!time) return located(std::move(time).error(), element);
  return time;
}

constexpr Slot kStatusSlots[] = {
    group("ResponseFor", Occurs::once, kResponseForSlots),
    group("From", Occurs::once, kPartySlots),
    value<read_status_code>("StatusCode", Occurs::once, Form::filled),
    {"Description", Occurs::at_most_once},
    group("StaffInfo", Occurs::at_most_once, kStaffSlots),
    value<read_timestamp>("Timestamp", Occurs::once, Form::filled),
};

Result<Code> read_response_code(std::optional<xml::Element> element) {
  if (!element) return Code{};
  Faults first_only(0);
  TRUC_TRY(check_response_code(*element, first_only));
  if (element->first_child()) {
    TRUC_TRY(const auto fields, Fields::of(*element, kCodeSlots));
    return Code{std::string(fields.token("CodeNumber")), std::string(fields.token("CodeNotation"))};
  }
  const auto code = token_of(*element);
  const auto slash = code.find('/');
  if (slash == std::string_view::npos) return Code{std::string(code), ""};
  return Code{std::string(code.substr(0, slash)), std::string(code.substr(slash + 1))};
}

bool is_status(xml::Element message_header) {
  for (auto child = message_header.first_child(); child; child = child->next_sibling()) {
    if (child->is(kNamespace, "StatusCode")) return true;
  }
  return false;
}

Result<void> read_header(xml::Element header, Frame& frame, Faults& faults) {
  TRUC_TRY(const auto fields, Fields::of(header, kHeaderSlots, faults));
  frame.message_header = fields.find("MessageHeader");
  frame.trace_header_list = fields.find("TraceHeaderList");
  return success();
}

// A document's header stands in edXMLEnvelope. That of a status has been seen there, in an
// edXMLHeader below the root, and below the root itself; a second one is nobody's header.
Result<void> read_root(const Fields& root, Frame& frame, Faults& faults) {
  const auto envelope = root.find("edXMLEnvelope");
  const auto header = root.find("edXMLHeader");
  const auto message_header = root.find("MessageHeader");
  const auto surplus = envelope && header ? header : message_header;
  if (surplus && (envelope || header)) {
    TRUC_TRY(faults.add(Failure(ErrorCode::element_repeated)
                            .at(surplus->xpath())
                            .expected("one MessageHeader, in edXMLEnvelope/edXMLHeader")
                            .found("a second place for it")));
  }
  if (envelope) {
    TRUC_TRY(const auto parts, Fields::of(*envelope, kEnvelopeSlots, faults));
    frame.body = parts.find("edXMLBody");
    const auto inner = parts.find("edXMLHeader");
    if (inner) return read_header(*inner, frame, faults);
    return success();
  }
  if (header) return read_header(*header, frame, faults);
  frame.message_header = message_header;
  if (message_header) return success();
  return faults.add(Failure(ErrorCode::element_missing)
                        .at(root.element().xpath())
                        .expected("edXMLEnvelope")
                        .found("no such element"));
}

Result<void> refuse_out_of_place(std::optional<xml::Element> element, const char* expected,
                                 Faults& faults) {
  if (!element) return success();
  return faults.add(Failure(ErrorCode::element_unknown)
                        .at(element->xpath())
                        .expected(expected)
                        .found(std::string(element->local_name())));
}

Result<std::unique_ptr<const PackageContent>> read_content(const Frame& frame) {
  auto content = std::make_unique<PackageContent>();
  if (frame.kind == PackageKind::status) {
    TRUC_TRY(content->status, read_status(*frame.message_header));
    return content;
  }
  TRUC_TRY(content->document, read_document(*frame.message_header, frame.trace_header_list));
  Faults first_only(0);
  TRUC_TRY(auto attachments, read_attachments(frame.body, frame.encoded, first_only));
  content->document->inline_attachments = std::move(attachments.inside);
  content->document->beside_attachments = std::move(attachments.beside);
  return content;
}

}  // namespace

constinit const std::span<const Slot> kStatusHeader = kStatusSlots;

Result<Frame> read_frame(xml::Element root, Faults& faults) {
  Frame frame;
  if (!root.is(kNamespace, "edXML")) {
    TRUC_TRY(faults.add(Failure(ErrorCode::not_edxml)
                            .at(root.xpath())
                            .expected("edXML of namespace \"" + std::string(kNamespace) + '"')
                            .found(std::string(root.local_name()) + " of namespace \"" +
                                   std::string(root.namespace_uri()) + '"')));
    return frame;
  }
  TRUC_TRY(const auto fields, Fields::of(root, kRootSlots, faults));
  TRUC_TRY(read_root(fields, frame, faults));
  frame.encoded = fields.find("AttachmentEncoded");
  if (!frame.message_header) return frame;
  if (is_status(*frame.message_header)) {
    frame.kind = PackageKind::status;
    for (const auto& part : {frame.body, frame.encoded}) {
      TRUC_TRY(refuse_out_of_place(part, "nothing beside the header of a status", faults));
    }
    return frame;
  }
  if (!fields.find("edXMLEnvelope")) {
    const auto header = fields.find("edXMLHeader");
    TRUC_TRY(refuse_out_of_place(header ? header : frame.message_header,
                                 "edXMLEnvelope/edXMLHeader/MessageHeader", faults));
  }
  return frame;
}

Result<void> check_response_code(xml::Element element, Faults& faults) {
  if (!element.first_child()) return faults.add_of(plain_text(element));
  if (element.has_stray_text()) {
    TRUC_TRY(faults.add(Failure(ErrorCode::value_invalid)
                            .at(element.xpath())
                            .expected("one text, or CodeNumber and CodeNotation")
                            .found("both")));
  }
  return check_deeply(element, kCodeSlots, faults);
}

Result<Party> read_party(xml::Element element) {
  TRUC_TRY(const auto fields, Fields::of(element, kPartySlots));
  TRUC_TRY(auto organ_id, fields.read<read_agency_code>("OrganId"));
  return Party{.organ_id = std::move(organ_id),
               .organization_in_charge = fields.string("OrganizationInCharge"),
               .organ_name = fields.string("OrganName"),
               .organ_add = fields.string("OrganAdd"),
               .email = fields.string("Email"),
               .telephone = fields.string("Telephone"),
               .fax = fields.string("Fax"),
               .website = fields.string("Website")};
}

Result<ResponseFor> read_response_for(xml::Element element) {
  TRUC_TRY(const auto fields, Fields::of(element, kResponseForSlots));
  TRUC_TRY(auto organ_id, fields.read<read_agency_code>("OrganId"));
  TRUC_TRY(auto code, read_response_code(fields.find("Code")));
  TRUC_TRY(const auto date, fields.read_if_any<read_date>("PromulgationDate"));
  TRUC_TRY(auto document_id, fields.read<read_document_id>("DocumentId"));
  return ResponseFor{.organ_id = std::move(organ_id),
                     .code = std::move(code),
                     .promulgation_date = date,
                     .document_id = std::move(document_id)};
}

Result<StaffInfo> read_staff(std::optional<xml::Element> element) {
  if (!element) return StaffInfo{};
  TRUC_TRY(const auto fields, Fields::of(*element, kStaffSlots));
  return StaffInfo{.department = fields.string("Department"),
                   .staff = fields.string("Staff"),
                   .mobile = fields.string("Mobile"),
                   .email = fields.string("Email")};
}

Result<DocumentId> derive_status_id(const ResponseFor& response, StatusCode code, Time timestamp) {
  const int value = static_cast<int>(code);
  const auto name_with = [&](const std::string& document) {
    return "status:" + response.organ_id.text() + ':' + document + ':' + (value < 10 ? "0" : "") +
           std::to_string(value) + ':' + to_national(timestamp);
  };
  const auto& document = response.document_id.text();
  auto name = name_with(document);
  if (length_of(name) > limits::kDocumentIdLengthMax)
    name = name_with(to_string(boost::uuids::name_generator_sha1(kResponseNames)(document)));
  return DocumentId::parse(name);
}

Result<StatusContent> read_status(xml::Element message_header) {
  TRUC_TRY(const auto fields, Fields::of(message_header, kStatusSlots));
  TRUC_TRY(auto response_for, read_response_for(fields.get("ResponseFor")));
  TRUC_TRY(auto from, read_party(fields.get("From")));
  TRUC_TRY(const auto code, fields.read<read_status_code>("StatusCode"));
  TRUC_TRY(auto staff, read_staff(fields.find("StaffInfo")));
  TRUC_TRY(const auto timestamp, fields.read<read_timestamp>("Timestamp"));
  TRUC_TRY(auto id, derive_status_id(response_for, code, timestamp));
  return StatusContent{.response_for = std::move(response_for),
                       .from = std::move(from),
                       .code = code,
                       .description = fields.string("Description"),
                       .staff = std::move(staff),
                       .timestamp = timestamp,
                       .derived_id = std::move(id)};
}

Result<UntrustedEnvelope> read_parsed(std::shared_ptr<const std::string> bytes,
                                      xml::Document document) {
  Faults first_only(0);
  TRUC_TRY(const auto frame, read_frame(document.root(), first_only));
  TRUC_TRY(auto content, read_content(frame));
  return UntrustedEnvelope(std::move(bytes), std::move(document), std::move(content));
}

Result<UntrustedEnvelope> read_envelope(std::string bytes, const xml::ReadLimits& limits) {
  auto shared = std::make_shared<const std::string>(std::move(bytes));
  TRUC_TRY(auto document, xml::Document::parse(*shared, limits));
  return read_parsed(std::move(shared), std::move(document));
}

}  // namespace truc::edxml
