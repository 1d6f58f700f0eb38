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
constexpr Slot kStatusSlots[] = {
    {"ResponseFor", Occurs::once, Form::group},       {"From", Occurs::once, Form::group},
    {"StatusCode", Occurs::once, Form::filled},       {"Description", Occurs::at_most_once},
    {"StaffInfo", Occurs::at_most_once, Form::group}, {"Timestamp", Occurs::once, Form::filled},
};
constexpr Slot kPartySlots[] = {
    {"OrganId", Occurs::once, Form::filled},
    {"OrganizationInCharge", Occurs::at_most_once},
    {"OrganName", Occurs::once, Form::filled},
    {"OrganAdd", Occurs::at_most_once},
    {"Email", Occurs::at_most_once},
    {"Telephone", Occurs::at_most_once},
    {"Fax", Occurs::at_most_once},
    {"Website", Occurs::at_most_once},
};
constexpr Slot kResponseForSlots[] = {
    {"OrganId", Occurs::once, Form::filled},
    {"Code", Occurs::at_most_once, Form::open},
    {"PromulgationDate", Occurs::at_most_once},
    {"DocumentId", Occurs::once, Form::filled},
};
constexpr Slot kCodeSlots[] = {
    {"CodeNumber", Occurs::at_most_once},
    {"CodeNotation", Occurs::at_most_once},
};
constexpr Slot kStaffSlots[] = {
    {"Department", Occurs::at_most_once},
    {"Staff", Occurs::at_most_once},
    {"Mobile", Occurs::at_most_once},
    {"Email", Occurs::at_most_once},
};

constexpr std::array kStatusCodes = {
    StatusCode::arrived,   StatusCode::refused,       StatusCode::registered,
    StatusCode::assigned,  StatusCode::in_progress,   StatusCode::finished,
    StatusCode::take_back, StatusCode::change_agreed, StatusCode::change_refused,
};

// Names of documents inside derived ids: a random UUID of version 4, never to be changed.
constexpr boost::uuids::uuid kResponseNames = {{0x8c, 0x2e, 0x5b, 0x61, 0x0f, 0x7a, 0x4d, 0x93,
                                                0xa5, 0x46, 0xe1, 0x3c, 0x72, 0xd8, 0x19, 0xb4}};

Result<StatusCode> read_status_code(const Fields& fields) {
  const auto written = fields.token("StatusCode");
  const bool digits = written.size() <= 2 &&
                      std::ranges::all_of(written, [](char c) { return c >= '0' && c <= '9'; });
  int value = 0;
  for (const char c : digits ? written : std::string_view()) value = value * 10 + (c - '0');
  const auto* code = std::ranges::find(kStatusCodes, static_cast<StatusCode>(value));
  if (code != kStatusCodes.end()) return *code;
  return Failure(ErrorCode::status_unknown)
      .at(fields.get("StatusCode").xpath())
      .expected("01, 02, 03, 04, 05, 06, 13, 15 or 16")
      .found(std::string(written.substr(0, 40)));
}

// "number/notation" as one text, or the two elements of a document's Code.
Result<Code> read_response_code(std::optional<xml::Element> element) {
  if (!element) return Code{};
  if (element->first_child()) {
    TRUC_TRY(const auto fields, Fields::of(*element, kCodeSlots));
    return Code{std::string(fields.token("CodeNumber")), std::string(fields.token("CodeNotation"))};
  }
  TRUC_TRY(const auto text, plain_text(*element));
  const auto code = trimmed(text);
  const auto slash = code.find('/');
  if (slash == std::string_view::npos) return Code{std::string(code), ""};
  return Code{std::string(code.substr(0, slash)), std::string(code.substr(slash + 1))};
}

// Where a package keeps its parts.
struct Frame {
  xml::Element message_header;
  std::optional<xml::Element> trace_header_list;
  std::optional<xml::Element> body;
  std::optional<xml::Element> encoded;
  // An element that stands where only a status may have it.
  std::optional<xml::Element> status_only;
};

Result<Frame> read_header(xml::Element header) {
  TRUC_TRY(const auto fields, Fields::of(header, kHeaderSlots));
  return Frame{.message_header = fields.get("MessageHeader"),
               .trace_header_list = fields.find("TraceHeaderList"),
               .body = std::nullopt,
               .encoded = std::nullopt,
               .status_only = std::nullopt};
}

// A document's header stands in edXMLEnvelope. That of a status has been seen there, in an
// edXMLHeader below the root, and below the root itself; a second one is nobody's header.
Result<Frame> read_frame(xml::Element root) {
  TRUC_TRY(const auto fields, Fields::of(root, kRootSlots));
  const auto envelope = fields.find("edXMLEnvelope");
  const auto header = fields.find("edXMLHeader");
  const auto message_header = fields.find("MessageHeader");
  const auto surplus = envelope ? (header ? header : message_header) : std::nullopt;
  if (surplus || (header && message_header)) {
    return Failure(ErrorCode::element_repeated)
        .at((surplus ? *surplus : *message_header).xpath())
        .expected("one MessageHeader, in edXMLEnvelope/edXMLHeader")
        .found("a second place for it");
  }
  if (envelope) {
    TRUC_TRY(const auto parts, Fields::of(*envelope, kEnvelopeSlots));
    TRUC_TRY(auto frame, read_header(parts.get("edXMLHeader")));
    frame.body = parts.find("edXMLBody");
    frame.encoded = fields.find("AttachmentEncoded");
    return frame;
  }
  if (header) {
    TRUC_TRY(auto frame, read_header(*header));
    frame.encoded = fields.find("AttachmentEncoded");
    frame.status_only = header;
    return frame;
  }
  if (message_header) {
    return Frame{.message_header = *message_header,
                 .trace_header_list = std::nullopt,
                 .body = std::nullopt,
                 .encoded = fields.find("AttachmentEncoded"),
                 .status_only = message_header};
  }
  return Failure(ErrorCode::element_missing)
      .at(root.xpath())
      .expected("edXMLEnvelope")
      .found("no such element");
}

bool is_status(xml::Element message_header) {
  for (auto child = message_header.first_child(); child; child = child->next_sibling()) {
    if (child->is(kNamespace, "StatusCode")) return true;
  }
  return false;
}

Failure out_of_place(xml::Element element, std::string expected) {
  return Failure(ErrorCode::element_unknown)
      .at(element.xpath())
      .expected(std::move(expected))
      .found(std::string(element.local_name()));
}

Result<PackageContent> read_package(xml::Element root) {
  if (!root.is(kNamespace, "edXML")) {
    return Failure(ErrorCode::not_edxml)
        .at(root.xpath())
        .expected("edXML of namespace \"" + std::string(kNamespace) + '"')
        .found(std::string(root.local_name()) + " of namespace \"" +
               std::string(root.namespace_uri()) + '"');
  }
  TRUC_TRY(const auto frame, read_frame(root));
  PackageContent content;
  if (is_status(frame.message_header)) {
    for (const auto& part : {frame.body, frame.encoded}) {
      if (part) return out_of_place(*part, "nothing beside the header of a status");
    }
    TRUC_TRY(content.status, read_status(frame.message_header));
    return content;
  }
  if (frame.status_only)
    return out_of_place(*frame.status_only, "edXMLEnvelope/edXMLHeader/MessageHeader");
  TRUC_TRY(content.document, read_document(frame.message_header, frame.trace_header_list));
  TRUC_TRY(read_attachments(frame.body, frame.encoded, *content.document));
  return content;
}

}  // namespace

Result<Party> read_party(xml::Element element) {
  TRUC_TRY(const auto fields, Fields::of(element, kPartySlots));
  TRUC_TRY(auto organ_id, fields.parsed<AgencyCode>("OrganId"));
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
  TRUC_TRY(auto organ_id, fields.parsed<AgencyCode>("OrganId"));
  TRUC_TRY(auto code, read_response_code(fields.find("Code")));
  TRUC_TRY(const auto date, fields.date("PromulgationDate"));
  TRUC_TRY(auto document_id, fields.parsed<DocumentId>("DocumentId"));
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
  TRUC_TRY(const auto code, read_status_code(fields));
  TRUC_TRY(auto staff, read_staff(fields.find("StaffInfo")));
  const auto timestamp = parse_national(year_first(fields.token("Timestamp")));
  if (!timestamp) return located(timestamp.error(), fields.get("Timestamp"));
  TRUC_TRY(auto id, derive_status_id(response_for, code, timestamp.value()));
  return StatusContent{.response_for = std::move(response_for),
                       .from = std::move(from),
                       .code = code,
                       .description = fields.string("Description"),
                       .staff = std::move(staff),
                       .timestamp = timestamp.value(),
                       .derived_id = std::move(id)};
}

Result<UntrustedEnvelope> read_envelope(std::string bytes, const xml::ReadLimits& limits) {
  auto shared = std::make_shared<const std::string>(std::move(bytes));
  TRUC_TRY(auto document, xml::Document::parse(*shared, limits));
  TRUC_TRY(auto content, read_package(document.root()));
  return UntrustedEnvelope(std::move(shared), std::move(document), std::move(content));
}

}  // namespace truc::edxml
