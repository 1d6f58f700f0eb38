#include "schemas/telemetry/line_quota.hpp"

#include <utility>

namespace truc::telemetry {

LineQuota::Verdict LineQuota::ask(std::string_view event, TimePoint now) {
  const std::lock_guard lock(mutex_);
  auto place = counts_.find(event);
  if (place == counts_.end()) place = counts_.emplace(event, Count{.since = now}).first;
  Count& count = place->second;
  if (now - count.since >= kLinesOfEventPer) {
    count.since = now;
    count.lines = 0;
  }
  if (count.lines < kLinesOfEventMax) {
    ++count.lines;
    return {.is_admitted = true, .left_out = std::exchange(count.left_out, 0)};
  }
  ++count.left_out;
  return {.is_admitted = false, .left_out = 0};
}

}  // namespace truc::telemetry
