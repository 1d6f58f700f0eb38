#include "schemas/telemetry/line_text.hpp"

#include <cstdint>

namespace truc::telemetry {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
constexpr std::string_view kEllipsis = "\xE2\x80\xA6";

struct Range {
  std::uint8_t low;
  std::uint8_t high;
};

// The second octet's range, RFC 3629 section 4: it excludes overlong forms, surrogates and
// everything above U+10FFFF.
Range second_octet(std::uint8_t first) {
  switch (first) {
    case 0xE0:
      return {0xA0, 0xBF};
    case 0xED:
      return {0x80, 0x9F};
    case 0xF0:
      return {0x90, 0xBF};
    case 0xF4:
      return {0x80, 0x8F};
    default:
      return {0x80, 0xBF};
  }
}

// Octets of the character at the start of `text`, 0 when there is no valid one.
std::size_t character_length(std::string_view text) {
  const auto octet = [text](std::size_t index) { return static_cast<std::uint8_t>(text[index]); };
  const std::uint8_t first = octet(0);
  if (first < 0x80) return 1;
  std::size_t length = 0;
  if (first >= 0xC2 && first <= 0xDF) length = 2;
  if (first >= 0xE0 && first <= 0xEF) length = 3;
  if (first >= 0xF0 && first <= 0xF4) length = 4;
  if (length == 0 || text.size() < length) return 0;
  const Range second = second_octet(first);
  if (octet(1) < second.low || octet(1) > second.high) return 0;
  for (std::size_t index = 2; index < length; ++index)
    if ((octet(index) & 0xC0) != 0x80) return 0;
  return length;
}

}  // namespace

std::string line_text(std::string_view text) {
  std::string result;
  result.reserve(text.size() < kLineTextBytesMax ? text.size() : kLineTextBytesMax);
  while (!text.empty()) {
    const std::size_t length = character_length(text);
    const std::string_view piece = length == 0 ? kReplacement : text.substr(0, length);
    if (result.size() + piece.size() > kLineTextBytesMax) return result.append(kEllipsis);
    result.append(piece);
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return result;
}

}  // namespace truc::telemetry
