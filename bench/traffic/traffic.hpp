// The documents of the 18 months, one by one.
#pragma once

#include <cstdint>
#include <vector>

#include "bench/traffic/calendar.hpp"
#include "bench/traffic/relations.hpp"
#include "schemas/edxml/names.hpp"

namespace truc::bench {

// One document as the model has it. Units are meant by their position.
struct Sending {
  HanoiTime due;
  std::size_t sender = 0;
  std::vector<std::size_t> recipients;
  // Of each recipient: how many statuses it answers with, of "01", "03" and "06" in this order.
  std::vector<std::uint8_t> statuses;
  std::size_t bytes = 0;  // of the signed envelope
  edxml::Priority priority = edxml::Priority::normal;
};

// Immutable: the same units and seed give the same documents, in whatever order they are asked for.
class Traffic {
 public:
  Traffic(const std::vector<const Unit*>& units, std::uint64_t seed);

  const Calendar& calendar() const { return calendar_; }
  const Relations& relations() const { return relations_; }
  // The `number`-th from the beginning of the 18 months; those after it are due later.
  Sending sending(std::size_t number) const;

 private:
  std::size_t fan_out(Dice& dice) const;

  std::size_t units_;
  std::uint64_t seed_;
  Calendar calendar_;
  Relations relations_;
};

}  // namespace truc::bench
