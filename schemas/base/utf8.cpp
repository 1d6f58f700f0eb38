#include "schemas/base/utf8.hpp"

#include <algorithm>

namespace truc {

std::size_t utf8_character(std::string_view text) {
  const auto octet = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const auto first = octet(0);
  const std::size_t size = first < 0x80   ? 1
                           : first < 0xc2 ? 0
                           : first < 0xe0 ? 2
                           : first < 0xf0 ? 3
                           : first < 0xf5 ? 4
                                          : 0;
  if (size == 0 || size > text.size()) return 0;
  for (std::size_t i = 1; i < size; ++i) {
    if ((octet(i) & 0xc0) != 0x80) return 0;
  }
  const bool over_long = (first == 0xe0 && octet(1) < 0xa0) || (first == 0xf0 && octet(1) < 0x90);
  const bool surrogate = first == 0xed && octet(1) > 0x9f;
  const bool too_high = first == 0xf4 && octet(1) > 0x8f;
  return over_long || surrogate || too_high ? 0 : size;
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const auto plain = std::ranges::find_if(text, [](char octet) { return octet < 0; });
    text.remove_prefix(static_cast<std::size_t>(plain - text.begin()));
    if (text.empty()) return true;
    const auto size = utf8_character(text);
    if (size == 0) return false;
    text.remove_prefix(size);
  }
  return true;
}

std::string as_utf8(std::string_view text) {
  constexpr std::string_view kReplacement = "\xef\xbf\xbd";
  std::string result;
  result.reserve(text.size());
  while (!text.empty()) {
    const auto size = utf8_character(text);
    result += size == 0 ? kReplacement : text.substr(0, size);
    text.remove_prefix(size == 0 ? 1 : size);
  }
  return result;
}

}  // namespace truc
