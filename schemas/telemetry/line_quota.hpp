// How many lines one event may write: what strangers can cause must not fill a disk.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

namespace truc::telemetry {

constexpr std::uint64_t kLinesOfEventMax = 100;  // warnings and errors of one name
constexpr auto kLinesOfEventPer = std::chrono::seconds(10);

// Thread-safe. Names of events are literals of the code, so there are only so many.
class LineQuota {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;
  struct Verdict {
    bool is_admitted;
    std::uint64_t left_out;  // lines of this event that were not, since one was told of
  };
  Verdict ask(std::string_view event, TimePoint now);

 private:
  struct Count {
    TimePoint since;
    std::uint64_t lines = 0;
    std::uint64_t left_out = 0;
  };
  std::mutex mutex_;  // a leaf; guards the counts
  std::map<std::string, Count, std::less<>> counts_;
};

}  // namespace truc::telemetry
