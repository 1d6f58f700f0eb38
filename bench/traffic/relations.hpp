// Who writes, and to whom.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "bench/nation/nation.hpp"
#include "bench/traffic/dice.hpp"

namespace truc::bench {

// `count` units of a nation: whole provinces (or ministries) with all that is below them, the last
// one in part; level by level as the nation has them. At most all units.
std::vector<const Unit*> take_provinces(const Nation& nation, std::size_t count);

// Units are meant by their position. Immutable.
class Relations {
 public:
  // At least two units, those above come before those below. The most active ones of each level
  // are drawn with the seed.
  Relations(const std::vector<const Unit*>& units, std::uint64_t seed);

  std::size_t sender(Dice& dice) const;
  // Different ones, none of them the sender; `count` is below the number of units.
  std::vector<std::size_t> recipients(std::size_t sender, std::size_t count, Dice& dice) const;
  // Which share of all documents a unit sends.
  double activity(std::size_t unit) const;

  enum class Direction : std::uint8_t { up, down, sideways, elsewhere };
  Direction direction(std::size_t from, std::size_t to) const;

 private:
  using Positions = std::vector<std::uint32_t>;
  struct Place {
    Level level = Level::one;
    Positions above;           // nearest first
    Positions below;           // at any depth
    std::uint32_t circle = 0;  // of circles_
  };
  std::span<const std::uint32_t> pool(std::size_t sender, Dice& dice) const;
  std::size_t recipient(std::size_t sender, Dice& dice) const;
  void place(const std::vector<const Unit*>& units);
  void weigh(std::uint64_t seed);

  std::vector<Place> places_;
  std::vector<Positions> circles_;  // those on the same level of the same province
  std::vector<double> sent_;        // share of all documents that units up to here send
};

}  // namespace truc::bench
