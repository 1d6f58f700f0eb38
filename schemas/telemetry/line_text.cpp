#include "schemas/telemetry/line_text.hpp"

#include "schemas/base/utf8.hpp"

namespace truc::telemetry {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
constexpr std::string_view kEllipsis = "\xE2\x80\xA6";

}  // namespace

std::string line_text(std::string_view text) {
  std::string result;
  result.reserve(text.size() < kLineTextBytesMax ? text.size() : kLineTextBytesMax);
  while (!text.empty()) {
    const std::size_t length = utf8_character(text);
    const std::string_view piece = length == 0 ? kReplacement : text.substr(0, length);
    if (result.size() + piece.size() > kLineTextBytesMax) return result.append(kEllipsis);
    result.append(piece);
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return result;
}

}  // namespace truc::telemetry
