#include "schemas/edxml/lint.hpp"

#include "schemas/edxml/read.hpp"

namespace truc::edxml {
namespace {

Result<void> check_parts(const Frame& frame, Faults& faults) {
  if (!frame.message_header) return success();
  if (frame.kind == PackageKind::status)
    return check_deeply(*frame.message_header, kStatusHeader, faults);
  TRUC_TRY(check_deeply(*frame.message_header, kDocumentHeader, faults));
  if (frame.trace_header_list) {
    TRUC_TRY(check_deeply(*frame.trace_header_list, kTraceHeaderList, faults));
  }
  TRUC_TRY(read_attachments(frame.body, frame.encoded, faults));
  return success();
}

}  // namespace

Result<Linted> lint(const Rules& rules, std::string bytes, Faults& faults) {
  Linted linted;
  auto shared = std::make_shared<const std::string>(std::move(bytes));
  auto document = xml::Document::parse(*shared);
  if (!document) {
    TRUC_TRY(faults.add(std::move(document).error()));
    return linted;
  }
  TRUC_TRY(const auto frame, read_frame(document.value().root(), faults));
  TRUC_TRY(check_parts(frame, faults));
  const bool is_sound = faults.none();
  TRUC_TRY(rules.judge(document.value(), frame.kind, faults));
  if (!is_sound) return linted;
  auto envelope = read_parsed(std::move(shared), std::move(document).value());
  if (!envelope) {
    TRUC_TRY(faults.add(std::move(envelope).error()));
  } else if (faults.none()) {
    linted.valid = ValidEnvelope(std::move(envelope).value());
  } else {
    linted.readable = std::move(envelope).value();
  }
  return linted;
}

}  // namespace truc::edxml
