// Draws that are the same on every machine, which those of <random>'s distributions are not.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>

namespace truc::bench {

// SplitMix64. A value; each stream of a seed is its own sequence.
class Dice {
 public:
  Dice(std::uint64_t seed, std::uint64_t stream) : state_(mixed(seed) ^ mixed(~stream)) {}

  std::uint64_t next() {
    state_ += kStep;
    return mixed(state_);
  }
  // In [0, 1).
  double share() { return static_cast<double>(next() >> 11) * 0x1p-53; }
  bool happens(double chance) { return share() < chance; }
  // In [0, count); count is not 0.
  std::size_t below(std::size_t count) {
    return static_cast<std::size_t>(share() * static_cast<double>(count));
  }
  // In [least, most): each factor of the range as likely as the other.
  std::size_t log_uniform(std::size_t least, std::size_t most) {
    const double factor = static_cast<double>(most) / static_cast<double>(least);
    return static_cast<std::size_t>(static_cast<double>(least) * std::pow(factor, share()));
  }

 private:
  static constexpr std::uint64_t kStep = 0x9e3779b97f4a7c15;
  static std::uint64_t mixed(std::uint64_t value) {
    value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
    value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
    return value ^ (value >> 31);
  }
  std::uint64_t state_;
};

}  // namespace truc::bench
