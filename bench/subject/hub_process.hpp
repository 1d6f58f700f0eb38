// The hub that is measured: a truc-hub of our own with a folder, ports and certificates of its own.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "bench/load/client_loop.hpp"
#include "bench/nation/authority.hpp"
#include "bench/subject/hub_config.hpp"

namespace truc::bench {

// User and system time of all threads of a process, ended ones too. Failure: file_failed.
Result<std::chrono::nanoseconds> processor_time(pid_t process);
// Memory of a process that is resident now. Failure: file_failed.
Result<std::uint64_t> resident_bytes(pid_t process);

// The most that was resident at once since the process began. Failure: file_failed.
Result<std::uint64_t> resident_bytes_max(pid_t process);

// What the files in a folder take on the disk now. Files that go meanwhile count or not.
std::uint64_t bytes_on_disk(const std::filesystem::path& folder);

struct HubSettings {
  std::filesystem::path program;    // truc-hub
  std::filesystem::path folder;     // of its configuration, log and store
  std::filesystem::path directory;  // its agency directory
  std::optional<KafkaLog> kafka = {};
};

// Runs with its default settings, apart from paths, ports and brokers. A resource: ends the
// process.
class HubProcess {
 public:
  // Returns when both listeners accept. Failures: file_failed; peer_unreachable when it ends or
  // does not come up, with its log's name.
  static Result<std::unique_ptr<HubProcess>> start(const HubSettings& settings,
                                                   const Authority& authority);
  ~HubProcess();  // asks it to stop, and kills it when it does not
  HubProcess(const HubProcess&) = delete;
  HubProcess& operator=(const HubProcess&) = delete;

  pid_t pid() const { return pid_; }
  Endpoint agencies() const { return Endpoint{"127.0.0.1", agency_port_}; }
  Endpoint operators() const { return Endpoint{"127.0.0.1", operator_port_}; }
  // False once it has ended, for whatever reason.
  bool is_up();
  // Asks it to stop and waits. Failure: internal when it ended with anything but 0.
  Result<void> stop();

 private:
  explicit HubProcess(pid_t pid) : pid_(pid) {}
  Result<void> wait_until_ready(const std::filesystem::path& run_file,
                                const std::filesystem::path& log);

  pid_t pid_;
  bool has_ended_ = false;
  int status_ = 0;
  std::uint16_t agency_port_ = 0;
  std::uint16_t operator_port_ = 0;
};

}  // namespace truc::bench
