// The one RocksDB database of a hub: its column families, how it is opened, and the few operations
// that the store needs, in our words and with our failures.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "hub/store/rocksdb_fwd.hpp"
#include "schemas/base/limits.hpp"
#include "schemas/base/result.hpp"
#include "schemas/telemetry/log.hpp"

namespace truc::hub {

// What each holds stands in README.md. New ones go to the end; kFamilyNames follows.
enum class Family : std::uint8_t {
  meta,
  transfers,
  documents,
  identities,
  deliveries,
  mailboxes,
  outbox,
  history,
  latest,
  staging,
  blobs,
  blob_index,
  offsets,
  signers,
};
constexpr std::array<std::string_view, 14> kFamilyNames = {
    "meta",    "transfers", "documents", "identities", "deliveries", "mailboxes", "outbox",
    "history", "latest",    "staging",   "blobs",      "blob_index", "offsets",   "signers"};

// What to do with a damaged write-ahead log. A record that a crash cut short at the end of the log
// was never acknowledged and is left out either way.
enum class WalDamage : std::uint8_t {
  refuse,  // does not open: what follows the damage may hold acknowledged documents
  cut,     // opens with what stands before the damage; an operator's decision after losing a disk
};

struct DatabaseSettings {
  std::filesystem::path directory;
  std::size_t write_buffer_bytes = 256 * limits::kMiB;  // of all families together
  std::size_t block_cache_bytes = 128 * limits::kMiB;   // tables' blocks, indexes and filters
  WalDamage wal_damage = WalDamage::refuse;
  telemetry::Log* log = nullptr;  // for what RocksDB warns of; outlives the database
  rocksdb::Env* env = nullptr;    // another file system, for tests; outlives the database
};

enum class Sync : std::uint8_t {
  no,   // survives the process; a power cut may take it, together with everything written after it
  yes,  // on the disk when the write returns
};

// Changes that are written together or not at all. Reads through it see its own changes.
class WriteSet {
 public:
  // Has room for about `bytes` without growing.
  explicit WriteSet(std::size_t bytes = 0);
  ~WriteSet();
  WriteSet(const WriteSet&) = delete;
  WriteSet& operator=(const WriteSet&) = delete;

  bool is_empty() const;

 private:
  friend class Database;
  std::unique_ptr<rocksdb::WriteBatchWithIndex> batch_;
};

// A walk over the keys of one family in [lower, upper), as they stood when it was made.
class Cursor {
 public:
  ~Cursor();
  Cursor(const Cursor&) = delete;
  Cursor& operator=(const Cursor&) = delete;

  void seek_first();
  void seek_last();
  // The first key at or after, the last key at or before.
  void seek(std::string_view key);
  void seek_at_or_before(std::string_view key);
  void next();
  void previous();
  // False at the end and after a failure: look at status() once the walk is over.
  bool is_valid() const;
  Result<void> status() const;
  // Both hold until the cursor moves.
  std::string_view key() const;
  std::string_view value() const;

 private:
  friend class Database;
  struct State;
  explicit Cursor(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// Safe from any thread.
class Database {
 public:
  // Makes the directory and an empty store where there is none. Failures: store_version (another
  // version's store), storage_corrupt, storage_failed (also when another process has it open).
  static Result<std::unique_ptr<Database>> open(const DatabaseSettings& settings);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  Result<std::optional<std::string>> get(Family family, std::string_view key) const;
  // Sees the changes in `writes` first. Only of families whose changes decisions read again:
  // meta, transfers, identities, deliveries, staging, blob_index.
  Result<std::optional<std::string>> get(const WriteSet& writes, Family family,
                                         std::string_view key) const;
  std::unique_ptr<Cursor> cursor(Family family, std::string lower, std::string upper) const;
  std::unique_ptr<Cursor> cursor(Family family, std::string_view prefix) const;

  void put(WriteSet& writes, Family family, std::string_view key, std::string_view value) const;
  void erase(WriteSet& writes, Family family, std::string_view key) const;
  // Every key that starts with `prefix` and was there before this write set; reads through `writes`
  // do not see it.
  void erase_prefix(WriteSet& writes, Family family, std::string_view prefix) const;
  // Empties `writes` after a success. After a failure nothing more is written until the database
  // has recovered, which the next call tries: it starts a new write-ahead log, so that what failed
  // cannot come back at a restart.
  Result<void> write(WriteSet& writes, Sync sync);
  // After a failure that RocksDB does not recover from while it is open, such as a failed fsync: it
  // then takes no more writes. Opening again finds what was written, all or nothing of each write.
  bool needs_restart() const { return needs_restart_; }
  // Writes memory tables to files. Tests use it to have tables and blobs on disk.
  Result<void> flush();
  // The same behind the caller's back. A failure of that is one of the next write.
  Result<void> begin_flush();

 private:
  friend class BackupMaker;
  Database();
  Result<void> check_format();
  Result<void> recover();
  Result<void> require_room() const;
  Result<void> put_in_memory();
  Result<void> flush_all(bool wait);

  std::filesystem::path directory_;
  std::unique_ptr<rocksdb::DB> db_;
  std::array<rocksdb::ColumnFamilyHandle*, kFamilyNames.size()> families_{};

  std::atomic<bool> is_failed_{false};
  std::atomic<bool> needs_restart_{false};
  std::mutex recovery_;
  std::chrono::steady_clock::time_point next_recovery_;  // guarded by recovery_
};

}  // namespace truc::hub
