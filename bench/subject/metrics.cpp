#include "bench/subject/metrics.hpp"

#include <charconv>

namespace truc::bench {

Metrics Metrics::parse(std::string_view exposition) {
  Metrics metrics;
  while (!exposition.empty()) {  // a line shorter each turn
    const std::size_t end = exposition.find('\n');
    const std::string_view line = exposition.substr(0, end);
    exposition.remove_prefix(end == std::string_view::npos ? exposition.size() : end + 1);
    const std::size_t space = line.rfind(' ');
    if (line.empty() || line.front() == '#' || space == std::string_view::npos) continue;
    double value = 0;
    const auto read = std::from_chars(line.data() + space + 1, line.data() + line.size(), value);
    if (read.ec == std::errc{}) metrics.samples_.emplace(line.substr(0, space), value);
  }
  return metrics;
}

double Metrics::sum(std::string_view name, std::string_view label) const {
  double total = 0;
  for (auto at = samples_.lower_bound(name); at != samples_.end(); ++at) {
    const std::string_view series = at->first;
    if (!series.starts_with(name)) break;
    const std::string_view labels = series.substr(name.size());
    if (!labels.empty() && labels.front() != '{') continue;  // a longer name
    if (labels.find(label) != std::string_view::npos) total += at->second;
  }
  return total;
}

}  // namespace truc::bench
