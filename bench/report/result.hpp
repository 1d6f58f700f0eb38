// What every command writes as JSON (README.md): the figures, and what someone needs to run it
// again.
#pragma once

#include <boost/json/object.hpp>
#include <filesystem>
#include <string>
#include <vector>

#include "bench/floor/floor.hpp"
#include "bench/load/histogram.hpp"
#include "schemas/base/limits.hpp"
#include "schemas/base/result.hpp"

namespace truc::bench {

// The processor, its cores, memory, kernel, and how busy the machine was before the run.
boost::json::object describe_machine();

// Command, command line, time, commit and machine; the command adds its figures.
boost::json::object make_result(const std::string& command, const std::vector<std::string>& words);

// Milliseconds: mean, p50, p90, p99, p99_9, max, and the count.
boost::json::object to_json(const Histogram& histogram);
boost::json::object to_json(const Floor& floor);

// The whole file. Failure: file_failed.
Result<void> write_text(const std::filesystem::path& file, std::string_view text);
Result<void> write_result(const boost::json::object& result, const std::filesystem::path& file);

inline double mib(std::uint64_t bytes) {
  return static_cast<double>(bytes) / static_cast<double>(limits::kMiB);
}

// The middle one of what was measured several times; `values` is not empty.
double median(std::vector<double> values);
// {"median":…,"min":…,"max":…}
boost::json::object spread(const std::vector<double>& values);

}  // namespace truc::bench
