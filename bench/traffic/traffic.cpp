#include "bench/traffic/traffic.hpp"

#include <algorithm>

#include "bench/traffic/figures.hpp"

namespace truc::bench {
namespace {

// The entry of a table of shares that a draw falls on; the last one takes what is left.
template <class Table>
const auto& drawn(const Table& table, Dice& dice) {
  double draw = dice.share();
  for (const auto& entry : table) {
    if (draw < entry.share) return entry;
    draw -= entry.share;
  }
  return table.back();
}

std::uint8_t statuses_of_one(Dice& dice) {
  std::uint8_t count = 0;
  for (const double chance : {figures::kArrived, figures::kRegistered, figures::kFinished}) {
    if (!dice.happens(chance)) break;
    ++count;
  }
  return count;
}

}  // namespace

Traffic::Traffic(const std::vector<const Unit*>& units, std::uint64_t seed)
    : units_(units.size()), seed_(seed), calendar_(figures::kDocuments), relations_(units, seed) {}

std::size_t Traffic::fan_out(Dice& dice) const {
  std::size_t count = 1;
  if (dice.happens(figures::kCircular)) {
    count = dice.log_uniform(figures::kCircularLeast, figures::kCircularMost);
  } else if (!dice.happens(figures::kOneRecipient)) {
    count = 2;
    while (dice.happens(figures::kOneMoreRecipient)) ++count;  // ends with the first that does not
  }
  return std::min(count, units_ - 1);
}

Sending Traffic::sending(std::size_t number) const {
  Dice dice(seed_, number);
  Sending sending;
  sending.due = calendar_.at(static_cast<double>(number) + dice.share());
  sending.sender = relations_.sender(dice);
  sending.recipients = relations_.recipients(sending.sender, fan_out(dice), dice);
  for (std::size_t i = 0; i < sending.recipients.size(); ++i)
    sending.statuses.push_back(statuses_of_one(dice));
  const figures::Band& band = drawn(figures::kSizes, dice);
  sending.bytes = dice.log_uniform(band.least, band.most);
  sending.priority = drawn(figures::kUrgencies, dice).priority;
  return sending;
}

}  // namespace truc::bench
