#include "schemas/edxml/base64.hpp"

#include <array>
#include <cstdint>

#include "schemas/base/bytes.hpp"

namespace truc::edxml {
namespace {

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::uint8_t kSpace = 64;
constexpr std::uint8_t kPadding = 65;
constexpr std::uint8_t kForeign = 66;

constexpr std::array<std::uint8_t, 256> kValues = [] {
  std::array<std::uint8_t, 256> values{};
  values.fill(kForeign);
  for (std::size_t i = 0; i < kAlphabet.size(); ++i)
    values[static_cast<unsigned char>(kAlphabet[i])] = static_cast<std::uint8_t>(i);
  for (const char c : {' ', '\t', '\r', '\n'}) values[static_cast<unsigned char>(c)] = kSpace;
  values['='] = kPadding;
  return values;
}();

Failure malformed(std::string found) {
  return Failure(ErrorCode::attachment_encoding)
      .expected("base64 in groups of four characters, padded")
      .found(std::move(found));
}

Failure malformed_at(std::string_view text, std::size_t position) {
  return malformed("octet 0x" + to_hex(text.substr(position, 1)) + " at position " +
                   std::to_string(position + 1));
}

// The end of a text: `held` is a group that has `count` characters, `padding` of '=' seen.
Result<void> check_end(std::size_t count, std::size_t padding, std::uint32_t held) {
  if (count == 0 && padding == 0) return success();
  if (count < 2 || count + padding != 4) return malformed("an incomplete last group");
  const std::uint32_t left_over = count == 2 ? held & 0x0f : held & 0x03;
  if (left_over != 0) return malformed("bits left over in the last group");
  return success();
}

// Calls `take(octets, count)` for each group.
template <class Take>
Result<void> decode(std::string_view text, Take take) {
  std::uint32_t held = 0;
  std::size_t count = 0;    // characters in `held`
  std::size_t padding = 0;  // '=' seen
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto value = kValues[static_cast<unsigned char>(text[i])];
    if (value == kSpace) continue;
    if (value == kForeign || (padding > 0 && value != kPadding)) return malformed_at(text, i);
    if (value == kPadding) {
      if (++padding > 2) return malformed_at(text, i);
      continue;
    }
    held = held << 6 | value;
    if (++count == 4) {
      take(held, std::size_t{3});
      held = 0;
      count = 0;
    }
  }
  TRUC_TRY(check_end(count, padding, held));
  if (count > 0) take(held << (6 * (4 - count)), count - 1);
  return success();
}

}  // namespace

std::string to_base64(std::string_view bytes) {
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const auto group = bytes.substr(i, 3);
    std::uint32_t held = 0;
    for (std::size_t k = 0; k < 3; ++k)
      held = held << 8 | (k < group.size() ? static_cast<unsigned char>(group[k]) : 0U);
    for (std::size_t k = 0; k < 4; ++k)
      text.push_back(k <= group.size() ? kAlphabet[held >> (18 - 6 * k) & 0x3f] : '=');
  }
  return text;
}

Result<std::size_t> base64_size(std::string_view text) {
  std::size_t size = 0;
  TRUC_TRY(decode(text, [&](std::uint32_t, std::size_t count) { size += count; }));
  return size;
}

Result<std::string> from_base64(std::string_view text) {
  std::string bytes;
  bytes.reserve(text.size() / 4 * 3);
  TRUC_TRY(decode(text, [&](std::uint32_t group, std::size_t count) {
    for (std::size_t k = 0; k < count; ++k)
      bytes.push_back(static_cast<char>(group >> (16 - 8 * k) & 0xff));
  }));
  return bytes;
}

}  // namespace truc::edxml
