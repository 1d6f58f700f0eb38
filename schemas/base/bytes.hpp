// Digests and their text forms. Byte sequences themselves are std::string / std::string_view.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "schemas/base/result.hpp"

namespace truc {

// A SHA-256 value (FIPS 180-4). A value type; says nothing of who computed it.
struct Sha256 {
  std::array<std::uint8_t, 32> octets{};

  auto operator<=>(const Sha256&) const = default;

  // 64 lower-case hexadecimal digits.
  std::string hex() const;
  // Accepts exactly 64 hexadecimal digits of either case. Failure: malformed_digest.
  static Result<Sha256> parse_hex(std::string_view text);

  std::string_view bytes() const {
    return {reinterpret_cast<const char*>(octets.data()), octets.size()};
  }
};

std::string to_hex(std::string_view bytes);

}  // namespace truc
