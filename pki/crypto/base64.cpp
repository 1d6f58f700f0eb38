#include "pki/crypto/base64.hpp"

#include <array>
#include <cstdint>

namespace truc::pki {
namespace {

constexpr std::string_view kStandard =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kUrl =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::uint8_t kNotInAlphabet = 0xff;  // with any value, too: they have six bits

constexpr std::array<std::uint8_t, 256> values_of(std::string_view alphabet) {
  std::array<std::uint8_t, 256> values{};
  values.fill(kNotInAlphabet);
  for (std::size_t i = 0; i < alphabet.size(); ++i)
    values[static_cast<unsigned char>(alphabet[i])] = static_cast<std::uint8_t>(i);
  return values;
}

constexpr auto kStandardValues = values_of(kStandard);
constexpr auto kUrlValues = values_of(kUrl);

constexpr std::size_t kOctets = 3;  // that four characters stand for
constexpr std::size_t kCharacters = 4;

std::uint32_t octet_at(std::string_view bytes, std::size_t index) {
  return static_cast<unsigned char>(bytes[index]);
}

// Without padding.
std::string encode(std::string_view bytes, std::string_view alphabet) {
  const std::size_t rest = bytes.size() % kOctets;
  std::string text((bytes.size() * kCharacters + kOctets - 1) / kOctets, '\0');
  char* to = text.data();
  std::size_t at = 0;
  for (; at + kOctets <= bytes.size(); at += kOctets) {
    const auto bits =
        octet_at(bytes, at) << 16 | octet_at(bytes, at + 1) << 8 | octet_at(bytes, at + 2);
    *to++ = alphabet[bits >> 18];
    *to++ = alphabet[bits >> 12 & 0x3f];
    *to++ = alphabet[bits >> 6 & 0x3f];
    *to++ = alphabet[bits & 0x3f];
  }
  if (rest == 0) return text;
  const auto bits = octet_at(bytes, at) << 16 | (rest == 2 ? octet_at(bytes, at + 1) << 8 : 0);
  *to++ = alphabet[bits >> 18];
  *to++ = alphabet[bits >> 12 & 0x3f];
  if (rest == 2) *to = alphabet[bits >> 6 & 0x3f];
  return text;
}

// `text` is without padding.
std::optional<std::string> decode(std::string_view text,
                                  const std::array<std::uint8_t, 256>& values) {
  const std::size_t rest = text.size() % kCharacters;
  if (rest == 1) return std::nullopt;
  std::string bytes(text.size() * kOctets / kCharacters, '\0');
  char* to = bytes.data();
  const auto value_at = [&](std::size_t index) -> std::uint32_t {
    return values[static_cast<unsigned char>(text[index])];
  };
  std::size_t at = 0;
  for (; at + kCharacters <= text.size(); at += kCharacters) {
    const auto a = value_at(at);
    const auto b = value_at(at + 1);
    const auto c = value_at(at + 2);
    const auto d = value_at(at + 3);
    if ((a | b | c | d) == kNotInAlphabet) return std::nullopt;
    const auto bits = a << 18 | b << 12 | c << 6 | d;
    *to++ = static_cast<char>(bits >> 16 & 0xff);
    *to++ = static_cast<char>(bits >> 8 & 0xff);
    *to++ = static_cast<char>(bits & 0xff);
  }
  if (rest == 0) return bytes;
  const auto a = value_at(at);
  const auto b = value_at(at + 1);
  const auto c = rest == 3 ? value_at(at + 2) : 0;
  if ((a | b | c) == kNotInAlphabet) return std::nullopt;
  const auto bits = a << 18 | b << 12 | c << 6;
  *to++ = static_cast<char>(bits >> 16 & 0xff);
  if (rest == 3) *to = static_cast<char>(bits >> 8 & 0xff);
  const auto left_over = bits & (rest == 3 ? 0xffU : 0xffffU);
  if (left_over != 0) return std::nullopt;
  return bytes;
}

}  // namespace

std::string encode_base64(std::string_view bytes) {
  std::string text = encode(bytes, kStandard);
  text.append((4 - text.size() % 4) % 4, '=');
  return text;
}

std::string encode_base64url(std::string_view bytes) {
  return encode(bytes, kUrl);
}

std::optional<std::string> decode_base64(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  const std::size_t end = text.find_last_not_of('=') + 1;
  if (text.size() - end > 2) return std::nullopt;
  return decode(text.substr(0, end), kStandardValues);
}

std::optional<std::string> decode_base64url(std::string_view text) {
  return decode(text, kUrlValues);
}

}  // namespace truc::pki
