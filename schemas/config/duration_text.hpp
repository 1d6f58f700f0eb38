// Durations as an operator writes them: a whole number and a unit, "500ms", "30s", "5min", "12h",
// "7d".
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace truc::config {

// What an error message shows as the expected form.
constexpr std::string_view kDurationForm = "a duration such as \"30s\" (ms, s, min, h, d)";

// None for anything but digits directly followed by a unit, and for more than 2^63 milliseconds.
std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);

// In the largest unit that leaves no rest: 90'000 ms is "90s", 3'600'000 ms is "1h".
std::string write_duration(std::chrono::milliseconds duration);

}  // namespace truc::config
