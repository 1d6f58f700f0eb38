// Strangers' text on a terminal.
#pragma once

#include <string>
#include <string_view>

namespace truc::pki {

// UTF-8 with every control character, line or paragraph separator and bidirectional control written
// as "<U+202E>", and cut after 500 bytes, so that a document's words cannot look like ours.
std::string printable(std::string_view text);

}  // namespace truc::pki
