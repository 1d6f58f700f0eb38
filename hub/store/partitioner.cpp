#include "hub/store/partitioner.hpp"

#include <cstddef>

namespace truc::hub {
namespace {

std::uint32_t octet(std::string_view key, std::size_t at) {
  return static_cast<unsigned char>(key[at]);
}

// MurmurHash2 with the seed that Kafka's clients use.
std::uint32_t murmur2(std::string_view key) {
  constexpr std::uint32_t kMultiplier = 0x5bd1e995;
  constexpr std::uint32_t kSeed = 0x9747b28c;
  std::uint32_t hash = kSeed ^ static_cast<std::uint32_t>(key.size());
  std::size_t at = 0;
  for (; at + 4 <= key.size(); at += 4) {
    std::uint32_t word = octet(key, at) | octet(key, at + 1) << 8 | octet(key, at + 2) << 16 |
                         octet(key, at + 3) << 24;
    word *= kMultiplier;
    word ^= word >> 24;
    word *= kMultiplier;
    hash *= kMultiplier;
    hash ^= word;
  }
  const auto rest = key.size() - at;
  if (rest == 3) hash ^= octet(key, at + 2) << 16;
  if (rest >= 2) hash ^= octet(key, at + 1) << 8;
  if (rest >= 1) {
    hash ^= octet(key, at);
    hash *= kMultiplier;
  }
  hash ^= hash >> 13;
  hash *= kMultiplier;
  hash ^= hash >> 15;
  return hash;
}

}  // namespace

std::int32_t partition_of(std::string_view key, std::int32_t partitions) {
  return static_cast<std::int32_t>(murmur2(key) & 0x7fffffffU) % partitions;
}

}  // namespace truc::hub
