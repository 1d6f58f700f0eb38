// A folder of backups: made of an open database, compared with their checksums, restored elsewhere.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "hub/ports/backups.hpp"
#include "hub/store/database.hpp"
#include "hub/store/rocksdb_fwd.hpp"

namespace truc::hub {

struct FoundBackups {
  std::vector<Backup> whole;           // the oldest first; their contents have not been read
  std::vector<std::uint32_t> damaged;  // cannot be read, or a file is missing
};
// These only read the folder. Failures: file_failed, where it cannot be read.
Result<FoundBackups> find_backups(const std::filesystem::path& folder);
// Reads everything. Failures: backup_unknown; backup_damaged, which names the file.
Result<Backup> verify_backup(const std::filesystem::path& folder, std::uint32_t id);
// Makes DATA/store of a backup, of the newest without `id`: whole and on the disk, or not at all.
// Failures: those of verify_backup and Database::open; target_not_empty, file_failed.
Result<Backup> restore_backup(const std::filesystem::path& folder, std::optional<std::uint32_t> id,
                              const std::filesystem::path& data);

struct BackupSettings {
  std::filesystem::path directory;  // has to be there: an unmounted disk is not written beside
  std::string hub;
  std::uint32_t keep = 7;
  std::uint64_t bytes_per_second = 64 * limits::kMiB;  // read and written
  rocksdb::Env* env = nullptr;  // another file system, for tests; outlives the maker
};

struct MadeBackup {
  Backup backup;
  std::uint64_t copied_bytes = 0;  // the rest stood in the folder already
};

// One caller of make(); stop() from any thread.
class BackupMaker {
 public:
  explicit BackupMaker(BackupSettings settings);
  ~BackupMaker();
  BackupMaker(const BackupMaker&) = delete;
  BackupMaker& operator=(const BackupMaker&) = delete;

  // Copies what is new, reads the whole backup again and compares it, and then removes the oldest
  // beyond `keep`. What fails counts as no backup and leaves the earlier ones. Failures:
  // file_failed (no such folder), storage_failed, storage_corrupt (the store), backup_damaged,
  // backup_foreign, cancelled.
  Result<MadeBackup> make(Database& database);
  // make() ends soon, and for good.
  void stop();

 private:
  struct Engine;
  Result<std::unique_ptr<Engine>> open() const;
  Result<MadeBackup> make_with(Engine& engine, Database& database);

  const BackupSettings settings_;
  std::atomic<bool> is_stopping_{false};
  std::mutex mutex_;
  Engine* running_ = nullptr;  // guarded by mutex_
};

}  // namespace truc::hub
