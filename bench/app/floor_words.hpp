// The floor in words; two commands say it.
#pragma once

#include "bench/floor/floor.hpp"

namespace truc::bench {

void print_floor(const Floor& floor);

}  // namespace truc::bench
