// What this process takes of its machine, as the system counts it.
#pragma once

#include <cstdint>

namespace truc::hub {

// User and system time of all threads, ended ones too.
double processor_seconds();
// 0 where the system does not tell.
std::uint64_t resident_bytes();

}  // namespace truc::hub
