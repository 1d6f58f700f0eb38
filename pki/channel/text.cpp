#include "pki/channel/text.hpp"

#include <algorithm>
#include <cstddef>

#include "schemas/base/utf8.hpp"

namespace truc::channel {
namespace {

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

}  // namespace

bool equal_without_case(std::string_view left, std::string_view right) {
  return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                    [](char a, char b) { return lower(a) == lower(b); });
}

bool is_field_name(std::string_view text) {
  constexpr std::string_view kOthers = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return is_letter_or_digit(c) || kOthers.find(c) != std::string_view::npos;
  });
}

bool is_field_value(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](char c) { return c != '\t' && is_control(c); });
}

bool is_control(char c) {
  const auto octet = static_cast<unsigned char>(c);
  return octet < 0x20 || octet == 0x7f;
}

bool is_host(std::string_view text) {
  constexpr std::string_view kOthers = ":[]";
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return is_unreserved(c) || kOthers.find(c) != std::string_view::npos;
  });
}

bool is_plain_utf8(std::string_view text) {
  while (!text.empty()) {
    if (is_control(text.front())) return false;
    const std::size_t length = utf8_character(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

bool is_unreserved(char c) {
  return is_letter_or_digit(c) || c == '-' || c == '.' || c == '_' || c == '~';
}

bool is_target_character(char c) {
  constexpr std::string_view kOthers = "!$&'()*+,;=:@/?%";
  return is_unreserved(c) || kOthers.find(c) != std::string_view::npos;
}

}  // namespace truc::channel
