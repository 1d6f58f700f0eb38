// The parts of reading a package, one function per block of the standard. Private to schemas/edxml.
#pragma once

#include <optional>

#include "schemas/edxml/envelope.hpp"
#include "schemas/edxml/fields.hpp"

namespace truc::edxml {

Result<Party> read_party(xml::Element element);
Result<ResponseFor> read_response_for(xml::Element element);
Result<StaffInfo> read_staff(std::optional<xml::Element> element);
Result<BusinessInfo> read_business(std::optional<xml::Element> trace_header_list);

// `trace_header_list` and `message_header` are those of one edXMLHeader.
Result<DocumentContent> read_document(xml::Element message_header,
                                      std::optional<xml::Element> trace_header_list);
Result<StatusContent> read_status(xml::Element message_header);

// Pairs the manifest's References with the Attachments and appends them to `content` in the
// manifest's order.
Result<void> read_attachments(std::optional<xml::Element> body, std::optional<xml::Element> encoded,
                              DocumentContent& content);

// "status:<organ>:<document>:<code>:<timestamp>". When that has more than 200 characters, the
// document is named by its UUID of version 5 (RFC 9562) under kResponseNames, which depends on
// every octet of its DocumentId.
Result<DocumentId> derive_status_id(const ResponseFor& response, StatusCode code, Time timestamp);

}  // namespace truc::edxml
