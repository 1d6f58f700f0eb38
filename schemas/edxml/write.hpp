// Writes packages in the strict form: prefix edXML, the standard's child order, UTF-8, no
// signature.
#pragma once

#include <string>
#include <vector>

#include "schemas/edxml/envelope.hpp"

namespace truc::edxml {

// An attachment's bytes for writing it inside the envelope.
struct AttachmentBytes {
  std::string content_id;  // without "cid:"
  std::string name;
  std::string description;
  std::string content_type;
  std::string bytes;
};

// `content.inline_attachments` is ignored; `inside` gives what goes inside. Adds one TraceHeader of
// the sender with `now`. The result passes read_envelope and Rules::check, or the failure says
// which value cannot be written.
Result<std::string> write_document(const DocumentContent& content,
                                   const std::vector<AttachmentBytes>& inside, Time now);

// `content.derived_id` is ignored.
Result<std::string> write_status(const StatusContent& content);

}  // namespace truc::edxml
