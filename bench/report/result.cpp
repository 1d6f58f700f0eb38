#include "bench/report/result.hpp"

#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <cmath>
#include <fstream>
#include <thread>

#include "schemas/base/check.hpp"
#include "schemas/base/clock.hpp"
#include "schemas/base/version.hpp"

namespace truc::bench {
namespace {

constexpr int kFormat = 1;
constexpr std::size_t kDistributionPoints = 200;

std::string processor_model() {
  std::ifstream in("/proc/cpuinfo");
  for (std::string line; std::getline(in, line);) {
    if (!line.starts_with("model name")) continue;
    const auto colon = line.find(": ");
    return colon == std::string::npos ? line : line.substr(colon + 2);
  }
  return "unknown";
}

// Three digits behind the point are more than any figure here deserves.
double rounded(double value) {
  return std::round(value * 1'000) / 1'000;
}

double rounded_ms(Nanoseconds value) {
  return rounded(milliseconds(value));
}

// For plots: some [milliseconds, share of all that are not slower].
boost::json::array distribution(const Histogram& histogram) {
  boost::json::array points;
  const auto buckets = histogram.buckets();
  const std::size_t every = buckets.size() / kDistributionPoints + 1;
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < buckets.size(); ++i) {
    seen += buckets[i].count;
    if (i % every != 0 && i + 1 != buckets.size()) continue;
    const double share = static_cast<double>(seen) / static_cast<double>(histogram.count());
    points.push_back(boost::json::array{rounded_ms(buckets[i].upper), share});
  }
  return points;
}

}  // namespace

boost::json::object describe_machine() {
  utsname system{};
  uname(&system);
  const auto pages = static_cast<std::uint64_t>(sysconf(_SC_PHYS_PAGES));
  const auto page = static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  double load = 0;
  getloadavg(&load, 1);
  return {{"processor", processor_model()},
          {"processors", std::thread::hardware_concurrency()},
          {"memory_bytes", pages * page},
          {"kernel", std::string(system.sysname) + ' ' + system.release},
          {"load_before", load}};
}

boost::json::object make_result(const std::string& command, const std::vector<std::string>& words) {
  std::string line;
  for (const std::string& word : words) line += (line.empty() ? "" : " ") + word;
  return {{"truc_bench", kFormat},
          {"command", command},
          {"command_line", line},
          {"at", to_rfc3339(SystemClock().now())},
          {"version", version_line("truc-bench")},
          {"machine", describe_machine()}};
}

boost::json::object to_json(const Histogram& histogram) {
  if (histogram.count() == 0) return {{"count", 0}};
  return {{"count", histogram.count()},
          {"mean", rounded_ms(histogram.mean())},
          {"p50", rounded_ms(histogram.percentile(50))},
          {"p90", rounded_ms(histogram.percentile(90))},
          {"p99", rounded_ms(histogram.percentile(99))},
          {"p99_9", rounded_ms(histogram.percentile(99.9))},
          {"max", rounded_ms(histogram.max())},
          {"distribution", distribution(histogram)}};
}

boost::json::object to_json(const Floor& floor) {
  boost::json::array steps;
  for (const StepCost& step : floor.steps) {
    steps.push_back(boost::json::object{{"name", step.name},
                                        {"us", rounded(step.us)},
                                        {"us_min", rounded(step.us_min)},
                                        {"us_max", rounded(step.us_max)}});
  }
  return {{"us", rounded(floor.us())}, {"steps", std::move(steps)}};
}

Result<void> write_text(const std::filesystem::path& file, std::string_view text) {
  std::ofstream out(file);
  out << text;
  out.close();
  if (out) return success();
  return Failure(ErrorCode::file_failed).at(file.string());
}

Result<void> write_result(const boost::json::object& result, const std::filesystem::path& file) {
  return write_text(file, boost::json::serialize(result) + '\n');
}

double median(std::vector<double> values) {
  TRUC_CHECK(!values.empty(), "something was measured");
  std::ranges::sort(values);
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

boost::json::object spread(const std::vector<double>& values) {
  const auto [least, most] = std::ranges::minmax(values);
  return {{"median", rounded(median(values))}, {"min", rounded(least)}, {"max", rounded(most)}};
}

}  // namespace truc::bench
