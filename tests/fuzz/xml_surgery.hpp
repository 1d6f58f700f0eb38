// Mutations that keep XML mostly well-formed: whole elements are removed, doubled and moved, as a
// forger of signed packages would.
#pragma once

#include <cstddef>
#include <cstdint>

namespace truc::fuzz {

// For LLVMFuzzerCustomMutator: now and then an operation on elements, otherwise libFuzzer's own.
std::size_t mutate_xml(std::uint8_t* bytes, std::size_t size, std::size_t size_max,
                       unsigned int seed);

}  // namespace truc::fuzz
