#include "bench/traffic/calendar.hpp"

#include <algorithm>

#include "bench/traffic/figures.hpp"

namespace truc::bench {
namespace {

using Hours = std::chrono::duration<double, std::chrono::hours::period>;

double weight_of(std::chrono::local_days day) {
  const auto length = static_cast<double>((figures::kEnd - figures::kBegin).count() - 1);
  const double age = static_cast<double>((day - figures::kBegin).count()) / length;
  const std::chrono::weekday weekday(day);
  return (1 + (figures::kGrowth - 1) * age) * figures::kWeekdays[weekday.c_encoding()];
}

}  // namespace

Calendar::Calendar(std::size_t documents) : documents_(documents) {
  double sum = 0;
  for (auto day = figures::kBegin; day < figures::kEnd; day += std::chrono::days(1)) {
    for (const double hour : figures::kHours) hours_.push_back(sum += weight_of(day) * hour);
  }
  for (double& until : hours_) until *= static_cast<double>(documents) / sum;
}

HanoiTime Calendar::at(double sent) const {
  const auto found = std::ranges::upper_bound(hours_, sent);
  if (found == hours_.end()) return figures::kEnd;
  const auto hour = found - hours_.begin();
  const double begin = hour == 0 ? 0 : *(found - 1);
  const Hours since(static_cast<double>(hour) + (sent - begin) / (*found - begin));
  return figures::kBegin + std::chrono::floor<std::chrono::milliseconds>(since);
}

double Calendar::before(HanoiTime moment) const {
  const double since = std::max(0.0, Hours(moment - HanoiTime(figures::kBegin)).count());
  const auto hour = static_cast<std::size_t>(since);
  if (hour >= hours_.size()) return static_cast<double>(documents_);
  const double begin = hour == 0 ? 0 : hours_[hour - 1];
  return begin + (hours_[hour] - begin) * (since - static_cast<double>(hour));
}

}  // namespace truc::bench
