#include "bench/subject/thread_times.hpp"

#include <filesystem>
#include <fstream>

namespace truc::bench {
namespace {

constexpr std::string_view kRocksDb = "rocksdb";

std::string group_of(const std::string& name) {
  return name.starts_with(kRocksDb) ? std::string(kRocksDb) : name;
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
