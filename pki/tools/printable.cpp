#include "pki/tools/printable.hpp"

#include <fmt/format.h>

#include <cstdint>

namespace truc::pki {
namespace {

constexpr std::size_t kLengthMax = 500;

struct Character {
  std::uint32_t code_point;
  std::size_t size;  // in bytes
};

// The text was checked to be UTF-8 where it was parsed; a byte that is not stands for itself.
Character first_of(std::string_view text) {
  const auto octet = [text](std::size_t i) {
    return static_cast<std::uint32_t>(static_cast<unsigned char>(text[i]));
  };
  const std::uint32_t lead = octet(0);
  const std::size_t size = lead < 0xc0 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  if (size == 1 || size > text.size()) return {lead, 1};
  std::uint32_t code_point = lead & (0xffU >> (size + 1));
  for (std::size_t i = 1; i < size; ++i) code_point = code_point << 6 | (octet(i) & 0x3f);
  return {code_point, size};
}

bool is_dangerous(std::uint32_t c) {
  const bool control = c < 0x20 || (c >= 0x7f && c < 0xa0);
  const bool separator = c == 0x2028 || c == 0x2029;
  const bool bidirectional = c == 0x061c || c == 0x200e || c == 0x200f ||
                             (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
  return control || separator || bidirectional;
}

}  // namespace

std::string printable(std::string_view text) {
  std::string safe;
  while (!text.empty()) {
    if (safe.size() >= kLengthMax) return safe + "…";
    const auto [code_point, size] = first_of(text);
    if (is_dangerous(code_point)) {
      safe += fmt::format("<U+{:04X}>", code_point);
    } else {
      safe += text.substr(0, size);
    }
    text.remove_prefix(size);
  }
  return safe;
}

}  // namespace truc::pki
