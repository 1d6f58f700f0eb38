// Makes any bytes fit for a log line: valid UTF-8 of bounded length.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace truc::telemetry {

// Longer texts are cut: a line is for finding a matter, not for keeping its content.
constexpr std::size_t kLineTextBytesMax = 2'048;

// Every byte that is not part of valid UTF-8 (RFC 3629) becomes U+FFFD. A text over
// kLineTextBytesMax is cut between two characters and ends in "…".
std::string line_text(std::string_view text);

}  // namespace truc::telemetry
