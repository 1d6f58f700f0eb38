// The known key that was probably meant.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace truc::config {

// The candidate that needs the fewest single-character edits, when these are at most a third of the
// word's length. A candidate with the same last part under another table ("port" for "api.port")
// counts as one edit away.
std::optional<std::string> nearest(std::string_view word,
                                   const std::vector<std::string>& candidates);

}  // namespace truc::config
