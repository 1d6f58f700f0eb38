#include "bench/traffic/relations.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <unordered_map>
#include <unordered_set>

#include "bench/traffic/figures.hpp"
#include "schemas/base/check.hpp"

namespace truc::bench {
namespace {

constexpr std::uint64_t kActivityStream = ~std::uint64_t{0};  // no document's number
constexpr std::size_t kDrawsPerRecipient = 4;  // before those who are left are taken in order

std::size_t index_of(Level level) {
  return static_cast<std::size_t>(number(level)) - 1;
}

// The position of each unit's province: its ancestor on level one.
template <class Units, class At>
std::vector<std::size_t> provinces_of(const Units& units, At at) {
  std::unordered_map<AgencyCode, std::size_t> known;
  std::vector<std::size_t> provinces;
  for (std::size_t i = 0; i < units.size(); ++i) {
    const Unit& unit = at(units[i]);
    const auto parent = unit.parent ? known.find(*unit.parent) : known.end();
    provinces.push_back(parent == known.end() ? i : provinces[parent->second]);
    known.emplace(unit.code, i);
  }
  return provinces;
}

}  // namespace

std::vector<const Unit*> take_provinces(const Nation& nation, std::size_t count) {
  const auto& units = nation.units();
  const auto provinces = provinces_of(units, [](const Unit& unit) -> const Unit& { return unit; });
  std::vector<std::size_t> order(units.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, {}, [&](std::size_t unit) { return std::pair(provinces[unit], unit); });
  order.resize(std::min(count, order.size()));
  std::ranges::sort(order);
  std::vector<const Unit*> taken;
  for (const std::size_t unit : order) taken.push_back(&units[unit]);
  return taken;
}

Relations::Relations(const std::vector<const Unit*>& units, std::uint64_t seed) {
  TRUC_CHECK(units.size() >= 2, "who writes needs somebody to write to");
  place(units);
  weigh(seed);
}

void Relations::place(const std::vector<const Unit*>& units) {
  const auto provinces = provinces_of(units, [](const Unit* unit) -> const Unit& { return *unit; });
  std::unordered_map<AgencyCode, std::uint32_t> known;
  std::map<std::pair<std::size_t, Level>, std::uint32_t> circles;
  for (std::size_t i = 0; i < units.size(); ++i) {
    const auto self = static_cast<std::uint32_t>(i);
    Place place{.level = units[i]->level, .above = {}, .below = {}, .circle = 0};
    const auto parent = units[i]->parent ? known.find(*units[i]->parent) : known.end();
    if (parent != known.end()) {
      place.above = {parent->second};
      std::ranges::copy(places_[parent->second].above, std::back_inserter(place.above));
    }
    const std::size_t province = place.level == Level::one ? 0 : provinces[i];
    const auto fresh = static_cast<std::uint32_t>(circles_.size());
    place.circle = circles.try_emplace({province, place.level}, fresh).first->second;
    if (place.circle == circles_.size()) circles_.emplace_back();
    circles_[place.circle].push_back(self);
    for (const std::uint32_t one : place.above) places_[one].below.push_back(self);
    places_.push_back(std::move(place));
    known.emplace(units[i]->code, self);
  }
}

void Relations::weigh(std::uint64_t seed) {
  Dice dice(seed, kActivityStream);
  std::vector<double> weights(places_.size());
  double total = 0;
  for (const Level level : kLevels) {
    Positions ranked;
    for (std::uint32_t i = 0; i < places_.size(); ++i) {
      if (places_[i].level == level) ranked.push_back(i);
    }
    for (std::size_t i = ranked.size(); i > 1; --i) std::swap(ranked[i - 1], ranked[dice.below(i)]);
    double sum = 0;
    for (std::size_t i = 0; i < ranked.size(); ++i)
      sum += weights[ranked[i]] = std::pow(static_cast<double>(i + 1), -figures::kZipfExponent);
    for (const std::uint32_t one : ranked)
      weights[one] *= figures::kSentByLevel[index_of(level)] / sum;
    if (!ranked.empty()) total += figures::kSentByLevel[index_of(level)];
  }
  double until = 0;
  for (const double weight : weights) sent_.push_back(until += weight / total);
}

std::size_t Relations::sender(Dice& dice) const {
  const auto found = std::ranges::upper_bound(sent_, dice.share());
  return found == sent_.end() ? sent_.size() - 1 : static_cast<std::size_t>(found - sent_.begin());
}

double Relations::activity(std::size_t unit) const {
  return sent_[unit] - (unit == 0 ? 0 : sent_[unit - 1]);
}

// Empty: anybody.
std::span<const std::uint32_t> Relations::pool(std::size_t sender, Dice& dice) const {
  const Place& place = places_[sender];
  double draw = dice.share();
  if (draw < figures::kUp) return place.above;
  draw -= figures::kUp;
  if (draw < figures::kDown) return place.below;
  draw -= figures::kDown;
  if (draw < figures::kSideways) return circles_[place.circle];
  return {};
}

std::size_t Relations::recipient(std::size_t sender, Dice& dice) const {
  const auto among = pool(sender, dice);
  return among.empty() ? dice.below(places_.size()) : among[dice.below(among.size())];
}

std::vector<std::size_t> Relations::recipients(std::size_t sender, std::size_t count,
                                               Dice& dice) const {
  TRUC_CHECK(count < places_.size(), "there are more units than recipients");
  std::vector<std::size_t> chosen;
  std::unordered_set<std::size_t> taken{sender};
  const auto take = [&](std::size_t one) {
    if (taken.insert(one).second) chosen.push_back(one);
  };
  for (std::size_t i = 0; i < count * kDrawsPerRecipient && chosen.size() < count; ++i)
    take(recipient(sender, dice));
  for (std::size_t one = dice.below(places_.size()); chosen.size() < count; ++one)
    take(one % places_.size());
  return chosen;
}

Relations::Direction Relations::direction(std::size_t from, std::size_t to) const {
  const auto holds = [to](const Positions& positions) {
    return std::ranges::find(positions, to) != positions.end();
  };
  const Place& place = places_[from];
  if (holds(place.above)) return Direction::up;
  if (holds(place.below)) return Direction::down;
  return holds(circles_[place.circle]) ? Direction::sideways : Direction::elsewhere;
}

}  // namespace truc::bench
