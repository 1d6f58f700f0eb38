#include "schemas/base/clock.hpp"

#include <fmt/format.h>

#include <optional>

namespace truc {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using std::chrono::sys_days;
using std::chrono::year_month_day;

constexpr hours kVietnamOffset{7};

// Matches `text` against `pattern`, where a digit position is '0' and everything else is literal.
bool has_shape(std::string_view text, std::string_view pattern) {
  if (text.size() != pattern.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool digit = text[i] >= '0' && text[i] <= '9';
    if (pattern[i] == '0' ? !digit : text[i] != pattern[i]) return false;
  }
  return true;
}

int number(std::string_view text, std::size_t from, std::size_t count) {
  int value = 0;
  for (std::size_t i = from; i < from + count; ++i) value = value * 10 + (text[i] - '0');
  return value;
}

// The date in the first ten characters, if that day exists.
std::optional<year_month_day> date_in(std::string_view text) {
  const year_month_day date{std::chrono::year{number(text, 0, 4)},
                            std::chrono::month{static_cast<unsigned>(number(text, 5, 2))},
                            std::chrono::day{static_cast<unsigned>(number(text, 8, 2))}};
  if (!date.ok()) return std::nullopt;
  return date;
}

// "…HH:mm:ss" from position 11 on, added to the date.
std::optional<Time> moment_in(std::string_view text) {
  const auto date = date_in(text);
  const int h = number(text, 11, 2);
  const int m = number(text, 14, 2);
  const int s = number(text, 17, 2);
  if (!date || h > 23 || m > 59 || s > 59) return std::nullopt;
  return Time{sys_days{*date}} + hours{h} + minutes{m} + seconds{s};
}

Failure malformed(ErrorCode code, std::string_view expected, std::string_view text) {
  return Failure(code).expected(std::string(expected)).found(std::string(text.substr(0, 40)));
}

std::string format_moment(Time time, std::string_view pattern) {
  const auto day = std::chrono::floor<days>(time);
  const year_month_day date{day};
  const std::chrono::hh_mm_ss clock{time - day};
  return fmt::format(fmt::runtime(pattern), static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     clock.hours().count(), clock.minutes().count(), clock.seconds().count(),
                     clock.subseconds().count());
}

}  // namespace

Time SystemClock::now() const {
  return std::chrono::floor<milliseconds>(std::chrono::system_clock::now());
}

std::string to_rfc3339(Time time) {
  return format_moment(time, "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z");
}

Result<Time> parse_rfc3339(std::string_view text) {
  constexpr std::string_view kExpected = "2026-11-22T07:42:32.473Z";
  if (!has_shape(text, "0000-00-00T00:00:00.000Z"))
    return malformed(ErrorCode::malformed_time, kExpected, text);
  const auto moment = moment_in(text);
  if (!moment) return malformed(ErrorCode::malformed_time, kExpected, text);
  return *moment + milliseconds{number(text, 20, 3)};
}

std::string to_national(Time time) {
  return format_moment(time + kVietnamOffset, "{:04}/{:02}/{:02} {:02}:{:02}:{:02}");
}

Result<Time> parse_national(std::string_view text) {
  constexpr std::string_view kExpected = "yyyy/MM/dd HH:mm:ss";
  if (!has_shape(text, "0000/00/00 00:00:00"))
    return malformed(ErrorCode::malformed_time, kExpected, text);
  const auto moment = moment_in(text);
  if (!moment) return malformed(ErrorCode::malformed_time, kExpected, text);
  return *moment - kVietnamOffset;
}

Result<year_month_day> parse_national_date(std::string_view text) {
  if (!has_shape(text, "0000/00/00"))
    return malformed(ErrorCode::malformed_date, "yyyy/MM/dd", text);
  const auto date = date_in(text);
  if (!date) return malformed(ErrorCode::malformed_date, "a day of the calendar", text);
  return *date;
}

std::string to_national_date(year_month_day date) {
  return fmt::format("{:04}/{:02}/{:02}", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
}

}  // namespace truc
