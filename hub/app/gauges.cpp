#include "hub/app/gauges.hpp"

namespace truc::hub {

void Gauges::level(const std::string& name, const std::string& help, Reading reading) {
  const std::lock_guard lock(mutex_);
  levels_.push_back(Level{metrics_.gauge(name, help), std::move(reading)});
}

void Gauges::total(const std::string& name, const std::string& help, Reading reading) {
  const std::lock_guard lock(mutex_);
  totals_.push_back(Total{metrics_.counter(name, help), std::move(reading)});
}

void Gauges::sample() {
  const std::lock_guard lock(mutex_);
  for (Level& level : levels_) level.gauge.set(level.reading());
  for (Total& total : totals_) total.counter.raise_to(total.reading());
}

}  // namespace truc::hub
