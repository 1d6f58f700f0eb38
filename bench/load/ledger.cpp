#include "bench/load/ledger.hpp"

#include <algorithm>

namespace truc::bench {
namespace {

constexpr auto kIsMissing = [](const auto& item) { return item.second > 0; };
constexpr auto kIsStranger = [](const auto& item) { return item.second < 0; };

template <class Items, class Which>
std::string first_of(const Items& items, Which which) {
  const auto found = std::ranges::find_if(items, which);
  return found == items.end() ? std::string() : found->first;
}

}  // namespace

void Ledger::add(const std::string& item, int count) {
  const auto found = open_.try_emplace(item, 0).first;
  found->second += count;
  if (found->second == 0) open_.erase(found);
}

std::size_t Ledger::missing() const {
  return static_cast<std::size_t>(std::ranges::count_if(open_, kIsMissing));
}

std::size_t Ledger::strangers() const {
  return static_cast<std::size_t>(std::ranges::count_if(open_, kIsStranger));
}

std::string Ledger::a_missing_one() const {
  return first_of(open_, kIsMissing);
}

std::string Ledger::a_stranger() const {
  return first_of(open_, kIsStranger);
}

}  // namespace truc::bench
