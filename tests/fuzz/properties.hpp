// What must hold whatever a peer sends. A property that does not hold aborts, as our own checks do.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "schemas/base/failure.hpp"

namespace truc::fuzz {

inline std::string_view as_text(const std::uint8_t* bytes, std::size_t size) {
  return {reinterpret_cast<const char*>(bytes), size};
}

// A refusal is a code of the catalogue, and what the peer and our log are told of it is text.
void require_sound(const Failure& failure);

}  // namespace truc::fuzz
