// Which partition a key belongs to.
#pragma once

#include <cstdint>
#include <string_view>

namespace truc::hub {

// Kafka's own choice (murmur2 of the key, sign bit cleared, modulo), so that both logs put a
// recipient at the same place when they have the same number of partitions. `partitions` is
// positive.
std::int32_t partition_of(std::string_view key, std::int32_t partitions);

}  // namespace truc::hub
