// Time as Truc keeps it: milliseconds of UTC; and the two text forms that others see.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "schemas/base/result.hpp"

namespace truc {

using Time = std::chrono::sys_time<std::chrono::milliseconds>;

// Interface: where "now" comes from. Implementations are safe to call from any thread.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual Time now() const = 0;
};

class SystemClock final : public Clock {
 public:
  Time now() const override;
};

// RFC 3339 in UTC with milliseconds: "2026-11-22T07:42:32.473Z". Used in receipts, JSON and logs.
std::string to_rfc3339(Time time);
// Accepts exactly the form that to_rfc3339 writes. Failure: malformed_time.
Result<Time> parse_rfc3339(std::string_view text);

// The national form, Vietnam's time (UTC+7, no summer time): "2026/11/22 14:42:32".
std::string to_national(Time time);
// Accepts "yyyy/MM/dd HH:mm:ss" that exists in the calendar. Failure: malformed_time.
Result<Time> parse_national(std::string_view text);

// A calendar day of an envelope, "yyyy/MM/dd". Failure: malformed_date (also for 2014/02/30).
Result<std::chrono::year_month_day> parse_national_date(std::string_view text);
std::string to_national_date(std::chrono::year_month_day date);

}  // namespace truc
