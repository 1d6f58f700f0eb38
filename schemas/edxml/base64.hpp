// Base64 of RFC 4648, section 4, strictly: padded, no foreign characters, no bits left over; white
// space between characters is skipped. Private to schemas/edxml.
#pragma once

#include <string>
#include <string_view>

#include "schemas/base/result.hpp"

namespace truc::edxml {

std::string to_base64(std::string_view bytes);

// How many bytes `text` stands for, without decoding them. Failure: attachment_encoding.
Result<std::size_t> base64_size(std::string_view text);

// Failure: attachment_encoding.
Result<std::string> from_base64(std::string_view text);

}  // namespace truc::edxml
