// The parts of reading a package, one function per block of the standard. Private to schemas/edxml.
#pragma once

#include <memory>
#include <optional>

#include "schemas/edxml/envelope.hpp"
#include "schemas/edxml/fields.hpp"

namespace truc::edxml {

// The tables of a document's MessageHeader, of its TraceHeaderList and of a status's MessageHeader.
extern const std::span<const Slot> kDocumentHeader;
extern const std::span<const Slot> kTraceHeaderList;
extern const std::span<const Slot> kStatusHeader;

// --- Blocks that several tables hold, with their readers.
inline constexpr Slot kPartySlots[] = {
    value<read_agency_code>("OrganId", Occurs::once, Form::filled),
    {"OrganizationInCharge", Occurs::at_most_once},
    {"OrganName", Occurs::once, Form::filled},
    {"OrganAdd", Occurs::at_most_once},
    {"Email", Occurs::at_most_once},
    {"Telephone", Occurs::at_most_once},
    {"Fax", Occurs::at_most_once},
    {"Website", Occurs::at_most_once},
};
Result<Party> read_party(xml::Element element);

// A ResponseFor's Code: "number/notation" as one text, or the two elements of a document's Code.
Result<void> check_response_code(xml::Element element, Faults& faults);
inline constexpr Slot kResponseForSlots[] = {
    value<read_agency_code>("OrganId", Occurs::once, Form::filled),
    {.name = "Code",
     .occurs = Occurs::at_most_once,
     .form = Form::open,
     .judge = check_response_code},
    value<read_date>("PromulgationDate", Occurs::at_most_once),
    value<read_document_id>("DocumentId", Occurs::once, Form::filled),
};
Result<ResponseFor> read_response_for(xml::Element element);

inline constexpr Slot kStaffSlots[] = {
    {"Department", Occurs::at_most_once},
    {"Staff", Occurs::at_most_once},
    {"Mobile", Occurs::at_most_once},
    {"Email", Occurs::at_most_once},
};
Result<StaffInfo> read_staff(std::optional<xml::Element> element);

Result<Business> read_business_type(xml::Element element);

// `trace_header_list` and `message_header` are those of one edXMLHeader.
Result<DocumentContent> read_document(xml::Element message_header,
                                      std::optional<xml::Element> trace_header_list);
Result<StatusContent> read_status(xml::Element message_header);

struct Attachments {
  std::vector<InlineAttachment> inside;
  std::vector<BesideAttachment> beside;
};
// Pairs the manifest's References with the Attachments, in the manifest's order. What is faulty is
// left out while `faults` takes more.
Result<Attachments> read_attachments(std::optional<xml::Element> body,
                                     std::optional<xml::Element> encoded, Faults& faults);

// Where a package keeps its parts.
struct Frame {
  PackageKind kind = PackageKind::document;
  std::optional<xml::Element> message_header;  // nullopt only where that is among the faults
  std::optional<xml::Element> trace_header_list;
  std::optional<xml::Element> body;
  std::optional<xml::Element> encoded;
};
Result<Frame> read_frame(xml::Element root, Faults& faults);

// `document` is the parsed `bytes`.
Result<UntrustedEnvelope> read_parsed(std::shared_ptr<const std::string> bytes,
                                      xml::Document document);

// "status:<organ>:<document>:<code>:<timestamp>". When that has more than 200 characters, the
// document is named by its UUID of version 5 (RFC 9562) under kResponseNames, which depends on
// every octet of its DocumentId.
Result<DocumentId> derive_status_id(const ResponseFor& response, StatusCode code, Time timestamp);

}  // namespace truc::edxml
