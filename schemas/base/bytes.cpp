#include "schemas/base/bytes.hpp"

namespace truc {
namespace {

constexpr std::string_view kDigits = "0123456789abcdef";

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

std::string to_hex(std::string_view bytes) {
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    const auto octet = static_cast<unsigned char>(c);
    text.push_back(kDigits[octet >> 4]);
    text.push_back(kDigits[octet & 0x0f]);
  }
  return text;
}

std::string Sha256::hex() const {
  return to_hex(bytes());
}

Result<Sha256> Sha256::parse_hex(std::string_view text) {
  Sha256 digest;
  if (text.size() != digest.octets.size() * 2) {
    return Failure(ErrorCode::malformed_digest)
        .expected("64 hexadecimal digits")
        .found(std::to_string(text.size()) + " characters");
  }
  for (std::size_t i = 0; i < digest.octets.size(); ++i) {
    const int high = hex_value(text[2 * i]);
    const int low = hex_value(text[2 * i + 1]);
    if (high < 0 || low < 0) {
      return Failure(ErrorCode::malformed_digest)
          .expected("64 hexadecimal digits")
          .found("another character at position " + std::to_string(2 * i + 1));
    }
    digest.octets[i] = static_cast<std::uint8_t>(high * 16 + low);
  }
  return digest;
}

}  // namespace truc
