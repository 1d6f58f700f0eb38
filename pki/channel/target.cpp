// Request targets: what a peer wrote, taken apart once and strictly.
#include <optional>
#include <string>
#include <string_view>

#include "pki/channel/http.hpp"
#include "pki/channel/http_client.hpp"
#include "pki/channel/text.hpp"

namespace truc::channel {
namespace {

Failure malformed(std::string found) {
  return Failure(ErrorCode::malformed_request).at("target").found(std::move(found));
}

std::optional<unsigned> hex_digit(char c) {
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a' + 10);
  if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A' + 10);
  return std::nullopt;
}

enum class Plus { literal, space };

Result<std::string> decode(std::string_view text, Plus plus) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && plus == Plus::space) {
      decoded += ' ';
    } else if (text[i] != '%') {
      decoded += text[i];
    } else {
      const auto high = i + 1 < text.size() ? hex_digit(text[i + 1]) : std::nullopt;
      const auto low = i + 2 < text.size() ? hex_digit(text[i + 2]) : std::nullopt;
      if (!high || !low) return malformed("an incomplete escape");
      decoded += static_cast<char>(*high * 16 + *low);
      i += 2;
    }
  }
  if (!is_plain_utf8(decoded)) return malformed("an escape that is no printable UTF-8");
  return decoded;
}

// Takes what stands before `separator`, and the separator, off the front of `rest`.
std::string_view take_until(std::string_view& rest, char separator) {
  const std::size_t end = std::min(rest.find(separator), rest.size());
  const std::string_view front = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return front;
}

// Looks at the decoded text, so that %2e and %2F hide nothing.
bool leads_elsewhere(std::string_view path) {
  while (!path.empty()) {
    const std::string_view part = take_until(path, '/');
    if (part == "." || part == "..") return true;
  }
  return false;
}

Result<void> parse_path(std::string_view raw, Target& target) {
  while (!raw.empty()) {
    TRUC_TRY(auto segment, decode(take_until(raw, '/'), Plus::literal));
    if (!segment.empty()) target.segments.push_back(std::move(segment));
  }
  return success();
}

Result<void> parse_query(std::string_view raw, Target& target) {
  while (!raw.empty()) {
    std::string_view pair = take_until(raw, '&');
    if (pair.empty()) continue;
    TRUC_TRY(auto name, decode(take_until(pair, '='), Plus::space));
    TRUC_TRY(auto value, decode(pair, Plus::space));
    if (name.empty()) return malformed("a parameter without a name");
    target.parameters.emplace_back(std::move(name), std::move(value));
  }
  return success();
}

}  // namespace

Result<Target> Target::parse(std::string_view target) {
  if (target.size() > limits::kHttpTargetBytesMax) {
    return Failure(ErrorCode::header_too_large)
        .at("target")
        .expected("at most " + std::to_string(limits::kHttpTargetBytesMax) + " bytes")
        .found(std::to_string(target.size()) + " bytes");
  }
  if (target.empty() || target.front() != '/') {
    return malformed("no leading slash").expected("/path?parameters");
  }
  if (!std::all_of(target.begin(), target.end(), is_target_character)) {
    return malformed("a character that must be escaped");
  }
  Target parsed;
  std::string_view query = target;
  const std::string_view path = take_until(query, '?');
  TRUC_TRY(parsed.path, decode(path, Plus::literal));
  if (leads_elsewhere(parsed.path)) return malformed("a segment '.' or '..'");
  TRUC_TRY(parse_path(path, parsed));
  TRUC_TRY(parse_query(query, parsed));
  return parsed;
}

std::optional<std::string_view> Target::parameter(std::string_view name) const {
  std::optional<std::string_view> found;
  for (const auto& [key, value] : parameters) {
    if (key != name) continue;
    if (found) return std::nullopt;
    found = value;
  }
  return found;
}

std::string encode_component(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string encoded;
  encoded.reserve(text.size());
  for (const char c : text) {
    if (is_unreserved(c)) {
      encoded += c;
    } else {
      const auto octet = static_cast<unsigned char>(c);
      encoded += '%';
      encoded += kDigits[octet >> 4];
      encoded += kDigits[octet & 15U];
    }
  }
  return encoded;
}

}  // namespace truc::channel
