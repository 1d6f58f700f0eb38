#include "hub/api/ranges.hpp"

#include <algorithm>
#include <charconv>
#include <string>

#include "schemas/base/limits.hpp"

namespace truc::hub {
namespace {

std::optional<std::uint64_t> decimal(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// Takes everything before `separator` off the front of `rest`; nullopt without one.
std::optional<std::string_view> take(std::string_view& rest, char separator) {
  const auto position = rest.find(separator);
  if (position == std::string_view::npos) return std::nullopt;
  const auto head = rest.substr(0, position);
  rest.remove_prefix(position + 1);
  return head;
}

}  // namespace

Result<PartRange> parse_content_range(std::string_view text) {
  const auto malformed = [text] {
    return Failure(ErrorCode::malformed_range)
        .at("Content-Range")
        .expected("bytes FIRST-LAST/TOTAL")
        .found(std::string(text.substr(0, 80)));
  };
  std::string_view rest = text;
  const auto unit = take(rest, ' ');
  const auto first_text = take(rest, '-');
  const auto last_text = take(rest, '/');
  if (unit != "bytes" || !first_text || !last_text) return malformed();
  const auto first = decimal(*first_text);
  const auto last = decimal(*last_text);
  const auto total = decimal(rest);
  if (!first || !last || !total || *last < *first || *last >= *total) return malformed();
  if (*total > limits::kAttachmentBytesMax) {
    return Failure(ErrorCode::attachment_too_large)
        .expected("at most " + std::to_string(limits::kAttachmentBytesMax) + " bytes")
        .found(std::to_string(*total));
  }
  return PartRange{*first, *last - *first + 1, *total};
}

Result<std::optional<WantedRange>> parse_range(std::string_view text, std::uint64_t size) {
  std::string_view rest = text;
  const auto unit = take(rest, '=');
  const auto first_text = take(rest, '-');
  if (unit != "bytes" || !first_text) return std::optional<WantedRange>();
  const auto first = decimal(*first_text);
  const auto last = rest.empty() ? std::optional(size - 1) : decimal(rest);
  if (!first || !last || (!rest.empty() && *last < *first)) return std::optional<WantedRange>();
  if (*first >= size) {
    return Failure(ErrorCode::malformed_range)
        .at("Range")
        .expected("a first byte below " + std::to_string(size))
        .found(std::string(text.substr(0, 80)));
  }
  return std::optional(WantedRange{*first, std::min(*last, size - 1) - *first + 1});
}

}  // namespace truc::hub
