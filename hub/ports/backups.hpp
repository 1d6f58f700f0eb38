// Backups of the running store, as an operator asks for them and looks at them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "schemas/base/clock.hpp"
#include "schemas/base/result.hpp"

namespace truc::hub {

// One good backup: made whole and compared with its checksums.
struct Backup {
  std::uint32_t id = 0;  // rises; never given twice in one folder
  Time at;               // everything acknowledged before stands in it
  std::uint64_t bytes = 0;
  std::string hub;
};

struct FailedBackup {
  Time at;
  Failure failure;
};

struct BackupReport {
  std::string directory;
  std::optional<Time> running_since;
  std::vector<Backup> backups;  // the oldest first
  std::optional<FailedBackup> last_failure;
  std::uint64_t made = 0;  // since the hub started
  std::uint64_t failed = 0;
};

// Interface. Any thread; nothing waits.
class Backups {
 public:
  virtual ~Backups() = default;
  // Begins one. Failures: backup_not_configured, backup_running.
  virtual Result<void> ask() = 0;
  virtual BackupReport report() const = 0;
};

}  // namespace truc::hub
