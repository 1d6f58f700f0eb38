// Invented Vietnamese names of agencies. Any likeness to a real one is the language's doing.
#pragma once

#include <cstddef>
#include <string>

#include "schemas/base/ids.hpp"

namespace truc::bench {

// The name of the `ordinal`-th unit of a level, the same every time. `above` is the name of the
// unit it belongs to; of level one there is none.
std::string invented_name(Level level, std::size_t ordinal, const std::string& above);

}  // namespace truc::bench
