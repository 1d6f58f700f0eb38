#include "schemas/config/duration_text.hpp"

#include <array>
#include <charconv>
#include <cstdint>
#include <limits>

namespace truc::config {
namespace {

struct Unit {
  std::string_view name;
  std::int64_t milliseconds;
};

// From the largest to the smallest.
constexpr std::array<Unit, 5> kUnits = {{
    {"d", 86'400'000},
    {"h", 3'600'000},
    {"min", 60'000},
    {"s", 1'000},
    {"ms", 1},
}};

}  // namespace

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
  // from_chars would take a sign, which no duration has.
  if (text.empty() || text.front() < '0' || text.front() > '9') return std::nullopt;
  std::int64_t count = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, count);
  if (error != std::errc()) return std::nullopt;
  const std::string_view name(rest, end);
  for (const Unit& unit : kUnits) {
    if (name != unit.name) continue;
    if (count > std::numeric_limits<std::int64_t>::max() / unit.milliseconds) return std::nullopt;
    return std::chrono::milliseconds(count * unit.milliseconds);
  }
  return std::nullopt;
}

std::string write_duration(std::chrono::milliseconds duration) {
  const std::int64_t count = duration.count();
  if (count == 0) return "0s";
  for (const Unit& unit : kUnits)
    if (count % unit.milliseconds == 0)
      return std::to_string(count / unit.milliseconds).append(unit.name);
  return std::to_string(count).append("ms");
}

}  // namespace truc::config
