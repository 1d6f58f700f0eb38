// What must hold whatever a peer sends. A property that does not hold aborts, as our own checks do.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "schemas/edxml/envelope.hpp"

namespace truc::fuzz {

inline std::string_view as_text(const std::uint8_t* bytes, std::size_t size) {
  return {reinterpret_cast<const char*>(bytes), size};
}

// A refusal is a code of the catalogue, and what the peer and our log are told of it is text.
void require_sound(const Failure& failure);

// A package read and checked. Lint finds faults exactly when it is refused, and what it is refused
// for is among them.
Result<edxml::ValidEnvelope> judged(std::string_view package);

}  // namespace truc::fuzz
