#include "bench/subject/thread_times.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>

namespace truc::bench {
namespace {

// Of libraries that number their threads.
struct Library {
  std::string_view prefix;
  std::string_view group;
};
constexpr std::array kLibraries = {Library{"rocksdb", "rocksdb"}, Library{"rdk:", "kafka"}};

std::string group_of(const std::string& name) {
  const auto* const library = std::ranges::find_if(
      kLibraries, [&](const Library& one) { return name.starts_with(one.prefix); });
  return library == kLibraries.end() ? name : std::string(library->group);
}

}  // namespace

Result<ThreadTimes> thread_times(pid_t process) {
  const auto folder = std::filesystem::path("/proc") / std::to_string(process) / "task";
  ThreadTimes times;
  std::error_code error;
  for (const auto& thread : std::filesystem::directory_iterator(folder, error)) {
    std::ifstream name_file(thread.path() / "comm");
    std::ifstream time_file(thread.path() / "schedstat");
    std::string name;
    std::int64_t nanoseconds = 0;
    // A thread may end between the listing and the reading.
    if (std::getline(name_file, name) && time_file >> nanoseconds)
      times[group_of(name)] += std::chrono::nanoseconds(nanoseconds);
  }
  if (!times.empty()) return times;
  return Failure(ErrorCode::file_failed).at(folder.string());
}

}  // namespace truc::bench
