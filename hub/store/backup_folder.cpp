#include "hub/store/backup_folder.hpp"

#include <fcntl.h>
#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/rate_limiter.h>
#include <rocksdb/utilities/backup_engine.h>
#include <unistd.h>

#include <algorithm>
#include <set>
#include <system_error>

#include "hub/store/rocksdb_failure.hpp"

namespace truc::hub {
namespace {

namespace fs = std::filesystem;

constexpr auto kOwnerOnly = fs::perms::owner_all;
constexpr const char* kMeta = "meta";  // as RocksDB names it; each file in it is a backup
constexpr const char* kRestoring = "store.restoring";

Failure damaged(const fs::path& folder, std::uint32_t id, std::string detail) {
  return Failure(ErrorCode::backup_damaged)
      .at(folder.string())
      .found("backup " + std::to_string(id))
      .because(std::move(detail));
}

Failure unknown(const fs::path& folder, const std::string& id) {
  return Failure(ErrorCode::backup_unknown).at(folder.string()).expected("backup " + id);
}

Failure of_folder(const rocksdb::Status& status, const fs::path& folder, std::uint32_t id) {
  if (status.IsNotFound()) return unknown(folder, std::to_string(id));
  if (status.IsCorruption() || status.IsPathNotFound()) {
    return damaged(folder, id, status.ToString());
  }
  return failure_of(status).at(folder.string());
}

Failure of_file(const fs::path& path, const std::error_code& error) {
  return Failure(ErrorCode::file_failed).at(path.string()).because(error.message());
}

Backup to_backup(const rocksdb::BackupInfo& info) {
  return {.id = info.backup_id,
          .at = Time(std::chrono::seconds(info.timestamp)),
          .bytes = info.size,
          .hub = info.app_metadata};
}

template <class Engine>
std::vector<rocksdb::BackupInfo> whole_ones(const Engine& engine) {
  std::vector<rocksdb::BackupInfo> infos;
  engine.GetBackupInfo(&infos, /*include_file_details=*/true);
  std::ranges::sort(infos, {}, &rocksdb::BackupInfo::backup_id);
  return infos;
}

Result<void> require_folder(const fs::path& folder) {
  std::error_code error;
  if (fs::is_directory(folder, error)) return success();
  return Failure(ErrorCode::file_failed)
      .at(folder.string())
      .expected("a folder that is there")
      .because(error.message());
}

using Reading = std::unique_ptr<rocksdb::BackupEngineReadOnly>;
Result<Reading> open_to_read(const fs::path& folder) {
  TRUC_TRY(require_folder(folder));
  if (!fs::exists(folder / kMeta)) return unknown(folder, "of any number");
  rocksdb::BackupEngineReadOnly* engine = nullptr;
  const auto status = rocksdb::BackupEngineReadOnly::Open(
      rocksdb::BackupEngineOptions(folder.string()), rocksdb::Env::Default(), &engine);
  if (!status.ok()) {
    return Failure(ErrorCode::file_failed).at(folder.string()).because(status.ToString());
  }
  return Reading(engine);
}

Result<Backup> find_one(const rocksdb::BackupEngineReadOnly& engine, const fs::path& folder,
                        std::uint32_t id) {
  rocksdb::BackupInfo info;
  const auto status = engine.GetBackupInfo(id, &info);
  if (!status.ok()) return of_folder(status, folder, id);
  return to_backup(info);
}

// The newest, also when it is damaged: going back further is an operator's decision.
Result<std::uint32_t> newest(const rocksdb::BackupEngineReadOnly& engine, const fs::path& folder) {
  std::vector<rocksdb::BackupID> ids;
  engine.GetCorruptedBackups(&ids);
  for (const auto& info : whole_ones(engine)) ids.push_back(info.backup_id);
  if (ids.empty()) return unknown(folder, "of any number");
  return *std::ranges::max_element(ids);
}

Result<void> sync(const fs::path& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  const bool done = file >= 0 && ::fsync(file) == 0;
  const std::error_code error(errno, std::generic_category());
  if (file >= 0) ::close(file);
  if (!done) return of_file(path, error);
  return success();
}

Result<void> sync_all(const fs::path& folder) {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    if (!entry.is_regular_file()) continue;
    TRUC_TRY(sync(entry.path()));
  }
  if (error) return of_file(folder, error);
  return sync(folder);
}

// An empty folder is as good as none.
Result<void> require_room(const fs::path& store) {
  std::error_code error;
  if (!fs::exists(store, error)) return success();
  if (fs::is_directory(store, error) && fs::is_empty(store, error)) return success();
  return Failure(ErrorCode::target_not_empty).at(store.string());
}

Result<void> make_private(const fs::path& folder) {
  std::error_code error;
  if (fs::create_directories(folder, error)) fs::permissions(folder, kOwnerOnly, error);
  if (error) return of_file(folder, error);
  return success();
}

// Every file is compared with its checksum while it is copied; the hub's own opening then judges
// the whole. The engine goes with the call: after a failure its threads would still write.
Result<void> fill(Reading engine, const fs::path& folder, std::uint32_t id,
                  const fs::path& target) {
  const auto text = target.string();
  const auto status = engine->RestoreDBFromBackup(id, text, text);
  engine.reset();
  if (!status.ok()) return of_folder(status, folder, id);
  DatabaseSettings settings;
  settings.directory = target;
  TRUC_TRY(const auto opened, Database::open(settings));
  return success();
}

Result<void> put_in_place(const fs::path& filled, const fs::path& store) {
  TRUC_TRY(sync_all(filled));
  std::error_code error;
  fs::rename(filled, store, error);
  if (error) return of_file(store, error);
  return sync(store.parent_path());
}

}  // namespace

Result<FoundBackups> find_backups(const fs::path& folder) {
  auto opened = open_to_read(folder);
  if (!opened && opened.error().code() == ErrorCode::backup_unknown) return FoundBackups();
  TRUC_TRY(const auto engine, std::move(opened));
  FoundBackups found;
  for (const auto& info : whole_ones(*engine)) found.whole.push_back(to_backup(info));
  engine->GetCorruptedBackups(&found.damaged);
  std::ranges::sort(found.damaged);
  return found;
}

Result<Backup> verify_backup(const fs::path& folder, std::uint32_t id) {
  TRUC_TRY(const auto engine, open_to_read(folder));
  TRUC_TRY(auto backup, find_one(*engine, folder, id));
  const auto status = engine->VerifyBackup(id, /*verify_with_checksum=*/true);
  if (!status.ok()) return of_folder(status, folder, id);
  return backup;
}

Result<Backup> restore_backup(const fs::path& folder, std::optional<std::uint32_t> id,
                              const fs::path& data) {
  TRUC_TRY(auto engine, open_to_read(folder));
  if (!id) {
    TRUC_TRY(id, newest(*engine, folder));
  }
  TRUC_TRY(auto backup, find_one(*engine, folder, *id));
  const fs::path store = data / "store";
  const fs::path filling = data / kRestoring;
  TRUC_TRY(require_room(store));
  TRUC_TRY(make_private(data));
  std::error_code ignored;  // what cannot be removed fails below, with its name
  fs::remove_all(filling, ignored);
  Result<void> done = fill(std::move(engine), folder, *id, filling);
  if (done) done = put_in_place(filling, store);
  if (!done) {
    fs::remove_all(filling, ignored);
    return std::move(done).error();
  }
  return backup;
}

struct BackupMaker::Engine {
  rocksdb::Env* env = nullptr;
  rocksdb::FileLock* lock = nullptr;
  std::unique_ptr<rocksdb::BackupEngine> engine;
  ~Engine() {
    if (lock != nullptr) env->UnlockFile(lock);
  }
};

BackupMaker::BackupMaker(BackupSettings settings) : settings_(std::move(settings)) {}
BackupMaker::~BackupMaker() = default;

Result<std::unique_ptr<BackupMaker::Engine>> BackupMaker::open() const {
  TRUC_TRY(require_folder(settings_.directory));
  std::error_code error;
  fs::permissions(settings_.directory, kOwnerOnly, error);
  if (error) return of_file(settings_.directory, error);
  auto opened = std::make_unique<Engine>();
  opened->env = settings_.env != nullptr ? settings_.env : rocksdb::Env::Default();
  const auto locked = opened->env->LockFile((settings_.directory / "LOCK").string(), &opened->lock);
  if (!locked.ok()) return failure_of(locked).at(settings_.directory.string());

  // Refilled a hundred times a second: who takes whole buffers waits for the next refill, and with
  // RocksDB's ten a second came to a third of the rate.
  rocksdb::BackupEngineOptions options(settings_.directory.string(), opened->env);
  options.backup_rate_limiter.reset(
      rocksdb::NewGenericRateLimiter(static_cast<std::int64_t>(settings_.bytes_per_second), 10'000,
                                     10, rocksdb::RateLimiter::Mode::kAllIo));
  rocksdb::BackupEngine* engine = nullptr;
  const auto status = rocksdb::BackupEngine::Open(options, rocksdb::Env::Default(), &engine);
  if (!status.ok()) return failure_of(status).at(settings_.directory.string());
  opened->engine.reset(engine);
  return opened;
}

Result<MadeBackup> BackupMaker::make(Database& database) {
  TRUC_TRY(const auto engine, open());
  {
    const std::lock_guard lock(mutex_);
    running_ = engine.get();
  }
  auto made = make_with(*engine, database);
  {
    const std::lock_guard lock(mutex_);
    running_ = nullptr;
  }
  if (!made && is_stopping_) return ErrorCode::cancelled;
  return made;
}

void BackupMaker::stop() {
  is_stopping_ = true;
  const std::lock_guard lock(mutex_);
  if (running_ != nullptr) running_->engine->StopBackup();
}

Result<MadeBackup> BackupMaker::make_with(Engine& opened, Database& database) {
  rocksdb::BackupEngine& engine = *opened.engine;
  std::set<std::string> known;
  for (const auto& earlier : whole_ones(engine)) {
    if (earlier.app_metadata != settings_.hub) {
      return Failure(ErrorCode::backup_foreign)
          .at(settings_.directory.string())
          .expected(settings_.hub)
          .found(earlier.app_metadata);
    }
    for (const auto& file : earlier.file_details) known.insert(file.relative_filename);
  }
  rocksdb::CreateBackupOptions options;
  // Else the whole write-ahead log would be copied every time.
  options.flush_before_backup = true;
  options.progress_callback = [&] {
    if (is_stopping_) engine.StopBackup();
  };
  rocksdb::BackupID id = 0;
  rocksdb::Status status = is_stopping_ ? rocksdb::Status::Aborted("stopped")
                                        : engine.CreateNewBackupWithMetadata(
                                              options, database.db_.get(), settings_.hub, &id);
  if (!status.ok()) {
    engine.GarbageCollect();
    return failure_of(status).at(settings_.directory.string());
  }
  status = engine.VerifyBackup(id, /*verify_with_checksum=*/true);
  if (!status.ok()) {
    engine.DeleteBackup(id);
    return of_folder(status, settings_.directory, id);
  }
  rocksdb::BackupInfo info;
  status = engine.GetBackupInfo(id, &info, /*include_file_details=*/true);
  if (status.ok()) status = engine.PurgeOldBackups(settings_.keep);
  if (!status.ok()) return of_folder(status, settings_.directory, id);
  MadeBackup made{to_backup(info), 0};
  for (const auto& file : info.file_details) {
    if (!known.contains(file.relative_filename)) made.copied_bytes += file.size;
  }
  return made;
}

}  // namespace truc::hub
