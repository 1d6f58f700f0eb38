// Where a hub's processor time goes, by the names of its threads.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <map>
#include <string>

#include "schemas/base/result.hpp"

namespace truc::bench {

using ThreadTimes = std::map<std::string, std::chrono::nanoseconds>;

// Processor time of each thread that lives now, added up by name. RocksDB's, which carry its name
// and a number, are one ("rocksdb"), and so are librdkafka's ("kafka"). Failure: file_failed.
Result<ThreadTimes> thread_times(pid_t process);

}  // namespace truc::bench
