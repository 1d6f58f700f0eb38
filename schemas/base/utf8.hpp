// UTF-8 after RFC 3629: no surrogates, no over-long forms, nothing above U+10FFFF.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace truc {

// Octets of the character that `text` begins with, 0 when it begins with none. `text` is not empty.
std::size_t utf8_character(std::string_view text);

// Characters from its first octet to its last.
bool is_utf8(std::string_view text);

// The text with U+FFFD for every octet that belongs to no character.
std::string as_utf8(std::string_view text);

}  // namespace truc
