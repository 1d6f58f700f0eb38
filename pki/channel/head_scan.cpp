#include "pki/channel/head_scan.hpp"

#include <string>

#include "pki/channel/text.hpp"
#include "schemas/base/limits.hpp"

namespace truc::channel {
namespace {

Failure malformed(std::size_t line, std::string found) {
  return Failure(ErrorCode::malformed_request)
      .at("header, line " + std::to_string(line + 1))
      .expected("lines that end in CR LF")
      .found(std::move(found));
}

Failure too_large(std::size_t most, const std::string& unit) {
  return Failure(ErrorCode::header_too_large)
      .at("header")
      .expected("at most " + std::to_string(most) + ' ' + unit);
}

}  // namespace

Result<std::size_t> HeadScan::look(std::string_view input) {
  while (at_ < input.size()) {
    if (at_ == limits::kHttpHeaderBytesMax) return too_large(limits::kHttpHeaderBytesMax, "bytes");
    TRUC_TRY(take(input[at_++]));
    if (ended_) return at_;
  }
  return std::size_t{0};
}

Result<void> HeadScan::take(char c) {
  if (after_cr_) {
    if (c != '\n') return malformed(lines_, "a carriage return alone");
    return end_line();
  }
  if (c == '\n') return malformed(lines_, "a line feed alone");
  if (c == '\r') {
    after_cr_ = true;
    return success();
  }
  if (line_is_empty_ && (c == ' ' || c == '\t')) return malformed(lines_, "a space in front");
  const bool is_field = lines_ > 0;
  if (is_control(c) && !(is_field && c == '\t')) return malformed(lines_, "a control character");
  line_is_empty_ = false;
  return success();
}

Result<void> HeadScan::end_line() {
  after_cr_ = false;
  if (line_is_empty_) {
    if (lines_ == 0) return malformed(lines_, "an empty line");
    ended_ = true;
    return success();
  }
  line_is_empty_ = true;
  ++lines_;
  const std::size_t fields = lines_ - 1;
  if (fields > limits::kHttpFieldsMax) return too_large(limits::kHttpFieldsMax, "fields");
  return success();
}

}  // namespace truc::channel
