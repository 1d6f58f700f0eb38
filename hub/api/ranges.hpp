// Byte ranges of HTTP (RFC 9110, clause 14), the two forms that PR-HTTP uses.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "schemas/base/result.hpp"

namespace truc::hub {

// Of an upload: "bytes FIRST-LAST/TOTAL".
struct PartRange {
  std::uint64_t first = 0;
  std::uint64_t length = 0;
  std::uint64_t total = 0;
};
// Failures: malformed_range; attachment_too_large.
Result<PartRange> parse_content_range(std::string_view text);

// Of a download of `size` bytes.
struct WantedRange {
  std::uint64_t first = 0;
  std::uint64_t length = 0;
};
// "bytes=FIRST-" or "bytes=FIRST-LAST". nullopt for forms that we do not serve (several ranges,
// suffixes, other units): the whole is then a correct answer. Failure: malformed_range when it
// begins behind the end.
Result<std::optional<WantedRange>> parse_range(std::string_view text, std::uint64_t size);

}  // namespace truc::hub
