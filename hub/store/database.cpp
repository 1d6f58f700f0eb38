#include "hub/store/database.hpp"

#include <rocksdb/db.h>
#include <rocksdb/listener.h>
#include <rocksdb/utilities/write_batch_with_index.h>

#include <algorithm>
#include <system_error>

#include "hub/store/manifest_guard.hpp"
#include "hub/store/options.hpp"
#include "hub/store/rocksdb_failure.hpp"
#include "schemas/base/check.hpp"

namespace truc::hub {
namespace {

// Raised when a key or a value changes its form; README.md lists what each number meant.
constexpr std::string_view kFormatKey = "format";
constexpr std::string_view kFormat = "truc-store 3";
// Everything of it can be read, too.
constexpr std::string_view kFormatBefore = "truc-store 2";

// A recovery writes out memory tables; on a full disk it is not tried for every write that comes.
constexpr auto kRecoveryInterval = std::chrono::milliseconds(200);
// What the disk has to take before a recovery is tried: its first file and a little more.
constexpr std::size_t kRecoveryRoomBytes = 256 * limits::kKiB;
constexpr const char* kProbeName = "room.probe";
constexpr std::string_view kInMemoryKey = "in memory";

std::size_t index_of(Family family) {
  return static_cast<std::size_t>(family);
}

// The families of which decisions read what was written before them in the same set. An index over
// the others would cost more than their writing.
bool is_read_back(Family family) {
  switch (family) {
    case Family::meta:
    case Family::transfers:
    case Family::identities:
    case Family::deliveries:
    case Family::staging:
    case Family::blob_index:
    case Family::signers:
      return true;
    case Family::documents:
    case Family::mailboxes:
    case Family::outbox:
    case Family::history:
    case Family::latest:
    case Family::blobs:
    case Family::offsets:
      return false;
  }
  return true;
}

rocksdb::Slice slice(std::string_view text) {
  return {text.data(), text.size()};
}
std::string_view view(const rocksdb::Slice& slice) {
  return {slice.data(), slice.size()};
}

Result<std::optional<std::string>> found(const rocksdb::Status& status, std::string value) {
  if (status.ok()) return std::optional(std::move(value));
  if (status.IsNotFound()) return std::optional<std::string>();
  return failure_of(status);
}

Failure failure_to_open(const rocksdb::Status& status, const std::filesystem::path& directory) {
  const auto text = status.ToString();
  if (status.IsIOError() && text.find("LOCK") != std::string::npos) {
    return Failure(ErrorCode::storage_failed)
        .at(directory.string())
        .expected("a store that no other hub uses")
        .because(text);
  }
  auto failure = failure_of(status);
  return std::move(failure).at(directory.string());
}

// The first key after all that start with `prefix`; empty, which means no bound, for an empty one.
std::string after_prefix(std::string_view prefix) {
  std::string key(prefix);
  while (!key.empty() && key.back() == '\xff') key.pop_back();
  if (!key.empty()) key.back() = static_cast<char>(static_cast<unsigned char>(key.back()) + 1);
  return key;
}

// Hears what becomes of RocksDB's files, and of itself when the disk fails.
class Listener final : public rocksdb::EventListener {
 public:
  Listener(std::atomic<bool>& needs_restart, std::shared_ptr<ManifestGuard> manifest)
      : needs_restart_(needs_restart), manifest_(std::move(manifest)) {}

  // The manifest has grown by what was done.
  void OnFlushCompleted(rocksdb::DB*, const rocksdb::FlushJobInfo&) override { note_manifest(); }
  void OnCompactionCompleted(rocksdb::DB*, const rocksdb::CompactionJobInfo&) override {
    note_manifest();
  }

  void OnBackgroundError(rocksdb::BackgroundErrorReason, rocksdb::Status* error) override {
    if (error->severity() >= rocksdb::Status::kFatalError) needs_restart_ = true;
  }
  // Recovering is ours: on a disk that is still full RocksDB's own attempt is its last.
  void OnErrorRecoveryBegin(rocksdb::BackgroundErrorReason, rocksdb::Status,
                            bool* is_automatic) override {
    *is_automatic = false;
  }

 private:
  void note_manifest() const {
    if (manifest_) manifest_->note();
  }

  std::atomic<bool>& needs_restart_;
  const std::shared_ptr<ManifestGuard> manifest_;  // null: not guarded
};

// What a crash left of a file before its rename; RocksDB keeps those of its options for ever. Only
// while the store is ours.
void remove_temporary_files(const std::filesystem::path& directory) {
  std::error_code ignored;  // they do no harm
  for (const auto& entry : std::filesystem::directory_iterator(directory, ignored)) {
    if (entry.path().extension() == ".dbtmp") std::filesystem::remove(entry.path(), ignored);
  }
}

bool is_ours(const std::string& family) {
  return family == rocksdb::kDefaultColumnFamilyName ||
         std::ranges::find(kFamilyNames, family) != kFamilyNames.end();
}

// A family that this version does not know was made by a later one.
Result<void> check_families(const rocksdb::DBOptions& options,
                            const std::filesystem::path& directory) {
  if (!std::filesystem::exists(directory / "CURRENT")) return success();
  std::vector<std::string> names;
  const auto status = rocksdb::DB::ListColumnFamilies(options, directory.string(), &names);
  if (!status.ok()) return failure_to_open(status, directory);
  for (const auto& name : names) {
    if (!is_ours(name)) {
      return Failure(ErrorCode::store_version)
          .at(directory.string())
          .expected(std::string(kFormat))
          .found("a store with the family " + name);
    }
  }
  return success();
}

}  // namespace

Failure failure_of(const rocksdb::Status& status) {
  return Failure(status.IsCorruption() ? ErrorCode::storage_corrupt : ErrorCode::storage_failed)
      .because(status.ToString());
}

WriteSet::WriteSet(std::size_t bytes)
    : batch_(std::make_unique<rocksdb::WriteBatchWithIndex>(rocksdb::BytewiseComparator(), bytes,
                                                            /*overwrite_key=*/true)) {}
WriteSet::~WriteSet() = default;
bool WriteSet::is_empty() const {
  return batch_->GetWriteBatch()->Count() == 0;
}

struct Cursor::State {
  std::string lower;
  std::string upper;
  rocksdb::Slice lower_slice;
  rocksdb::Slice upper_slice;
  std::unique_ptr<rocksdb::Iterator> iterator;
};

Cursor::Cursor(std::unique_ptr<State> state) : state_(std::move(state)) {}
Cursor::~Cursor() = default;
void Cursor::seek_first() {
  state_->iterator->SeekToFirst();
}
void Cursor::seek_last() {
  state_->iterator->SeekToLast();
}
void Cursor::seek(std::string_view key) {
  state_->iterator->Seek(slice(key));
}
void Cursor::seek_at_or_before(std::string_view key) {
  state_->iterator->SeekForPrev(slice(key));
}
void Cursor::next() {
  state_->iterator->Next();
}
void Cursor::previous() {
  state_->iterator->Prev();
}
bool Cursor::is_valid() const {
  return state_->iterator->Valid();
}
std::string_view Cursor::key() const {
  return view(state_->iterator->key());
}
std::string_view Cursor::value() const {
  return view(state_->iterator->value());
}

Result<void> Cursor::status() const {
  const auto status = state_->iterator->status();
  if (!status.ok()) return failure_of(status);
  return success();
}

Database::Database() = default;

Result<std::unique_ptr<Database>> Database::open(const DatabaseSettings& settings) {
  std::error_code error;
  std::filesystem::create_directories(settings.directory, error);
  if (!error) {
    std::filesystem::permissions(settings.directory, std::filesystem::perms::owner_all, error);
  }
  if (error) {
    return Failure(ErrorCode::storage_failed)
        .at(settings.directory.string())
        .because(error.message());
  }
  std::unique_ptr<Database> database(new Database);
  auto options = database_options(settings);
  // Another file system's manifest cannot be looked at from here.
  const auto manifest =
      settings.env == nullptr ? std::make_shared<ManifestGuard>(settings.directory) : nullptr;
  if (manifest) {
    TRUC_TRY(manifest->check());
  }
  options.listeners.push_back(std::make_shared<Listener>(database->needs_restart_, manifest));
  TRUC_TRY(check_families(options, settings.directory));

  const auto block_cache = make_block_cache(settings);
  std::vector<rocksdb::ColumnFamilyDescriptor> descriptors;
  descriptors.emplace_back(rocksdb::kDefaultColumnFamilyName,
                           family_options(Family::meta, block_cache));
  for (std::size_t i = 0; i < kFamilyNames.size(); ++i) {
    descriptors.emplace_back(std::string(kFamilyNames[i]),
                             family_options(static_cast<Family>(i), block_cache));
  }
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* db = nullptr;
  const auto status =
      rocksdb::DB::Open(options, settings.directory.string(), descriptors, &handles, &db);
  if (!status.ok()) return failure_to_open(status, settings.directory);
  database->db_.reset(db);
  database->directory_ = settings.directory;
  db->DestroyColumnFamilyHandle(handles.front());
  std::copy(handles.begin() + 1, handles.end(), database->families_.begin());
  remove_temporary_files(settings.directory);
  if (manifest) manifest->note();
  TRUC_TRY(database->check_format());
  return database;
}

Database::~Database() {
  if (!db_) return;
  for (auto* family : families_) {
    if (family != nullptr) db_->DestroyColumnFamilyHandle(family);
  }
  db_->Close();
}

Result<void> Database::check_format() {
  TRUC_TRY(const auto format, get(Family::meta, kFormatKey));
  if (format == kFormat) return success();
  auto transfers = cursor(Family::transfers, {}, {});
  transfers->seek_first();
  TRUC_TRY(transfers->status());
  const bool is_readable = format ? format == kFormatBefore : !transfers->is_valid();
  if (!is_readable) {
    return Failure(ErrorCode::store_version)
        .at(directory_.string())
        .expected(std::string(kFormat))
        .found(format.value_or("no version"));
  }
  WriteSet writes;
  put(writes, Family::meta, kFormatKey, kFormat);
  return write(writes, Sync::yes);
}

Result<std::optional<std::string>> Database::get(Family family, std::string_view key) const {
  std::string value;
  const auto status =
      db_->Get(rocksdb::ReadOptions(), families_[index_of(family)], slice(key), &value);
  return found(status, std::move(value));
}

Result<std::optional<std::string>> Database::get(const WriteSet& writes, Family family,
                                                 std::string_view key) const {
  TRUC_CHECK(is_read_back(family), "the set has no index over the other families");
  std::string value;
  const auto status = writes.batch_->GetFromBatchAndDB(
      db_.get(), rocksdb::ReadOptions(), families_[index_of(family)], slice(key), &value);
  return found(status, std::move(value));
}

std::unique_ptr<Cursor> Database::cursor(Family family, std::string lower,
                                         std::string upper) const {
  auto state = std::make_unique<Cursor::State>();
  state->lower = std::move(lower);
  state->upper = std::move(upper);
  rocksdb::ReadOptions options;
  if (!state->lower.empty()) {
    state->lower_slice = state->lower;
    options.iterate_lower_bound = &state->lower_slice;
  }
  if (!state->upper.empty()) {
    state->upper_slice = state->upper;
    options.iterate_upper_bound = &state->upper_slice;
  }
  state->iterator.reset(db_->NewIterator(options, families_[index_of(family)]));
  return std::unique_ptr<Cursor>(new Cursor(std::move(state)));
}

std::unique_ptr<Cursor> Database::cursor(Family family, std::string_view prefix) const {
  return cursor(family, std::string(prefix), after_prefix(prefix));
}

void Database::put(WriteSet& writes, Family family, std::string_view key,
                   std::string_view value) const {
  auto* const handle = families_[index_of(family)];
  auto& batch = *writes.batch_;
  const auto status = is_read_back(family)
                          ? batch.Put(handle, slice(key), slice(value))
                          : batch.GetWriteBatch()->Put(handle, slice(key), slice(value));
  TRUC_CHECK(status.ok(), "adding to a batch in memory fails only for lengths over 4 GiB");
}

void Database::erase(WriteSet& writes, Family family, std::string_view key) const {
  auto* const handle = families_[index_of(family)];
  auto& batch = *writes.batch_;
  const auto status = is_read_back(family) ? batch.Delete(handle, slice(key))
                                           : batch.GetWriteBatch()->Delete(handle, slice(key));
  TRUC_CHECK(status.ok(), "adding to a batch in memory fails only for lengths over 4 GiB");
}

void Database::erase_prefix(WriteSet& writes, Family family, std::string_view prefix) const {
  const auto end = after_prefix(prefix);
  TRUC_CHECK(!end.empty(), "a prefix that ends somewhere, or a whole family would go");
  // The index beside the batch knows no ranges, so the range goes into the batch alone.
  const auto status = writes.batch_->GetWriteBatch()->DeleteRange(families_[index_of(family)],
                                                                  slice(prefix), slice(end));
  TRUC_CHECK(status.ok(), "adding to a batch in memory fails only for lengths over 4 GiB");
}

Result<void> Database::write(WriteSet& writes, Sync sync) {
  if (writes.is_empty()) return success();
  TRUC_TRY(recover());
  TRUC_TRY(put_in_memory());
  rocksdb::WriteOptions options;
  options.sync = sync == Sync::yes;
  const auto status = db_->Write(options, writes.batch_->GetWriteBatch());
  if (!status.ok()) {
    is_failed_ = true;
    return failure_of(status);
  }
  writes.batch_->Clear();
  return success();
}

Result<void> Database::recover() {
  if (needs_restart_)
    return Failure(ErrorCode::storage_failed).because("the store needs a restart");
  if (!is_failed_) return success();
  const std::lock_guard lock(recovery_);
  if (!is_failed_) return success();
  const auto now = std::chrono::steady_clock::now();
  if (now < next_recovery_)
    return Failure(ErrorCode::storage_failed).because("the last write failed");
  next_recovery_ = now + kRecoveryInterval;
  TRUC_TRY(require_room());
  const auto status = db_->Resume();
  if (!status.ok()) return failure_of(status);
  is_failed_ = false;
  return success();
}

// A recovery leaves the log file that failed behind only where it has something in memory to write
// out; without that the next write goes to the failed file, which ends the process. So there always
// is something, which no log holds.
Result<void> Database::put_in_memory() {
  auto* const meta = families_[index_of(Family::meta)];
  std::uint64_t entries = 0;
  db_->GetIntProperty(meta, rocksdb::DB::Properties::kNumEntriesActiveMemTable, &entries);
  if (entries > 0) return success();
  rocksdb::WriteOptions options;
  options.disableWAL = true;
  const auto status = db_->Put(options, meta, slice(kInMemoryKey), rocksdb::Slice());
  if (!status.ok()) {
    is_failed_ = true;  // the disk was full when memory was written out, behind our back
    return failure_of(status);
  }
  return success();
}

// A recovery that cannot write its first file is final, so the disk is asked before.
Result<void> Database::require_room() const {
  auto* const env = db_->GetEnv();
  const auto probe = (directory_ / kProbeName).string();
  auto status = rocksdb::WriteStringToFile(env, std::string(kRecoveryRoomBytes, '\0'), probe, true);
  if (status.ok()) status = env->DeleteFile(probe);
  if (!status.ok()) return failure_of(status);
  return success();
}

Result<void> Database::flush() {
  return flush_all(true);
}

Result<void> Database::begin_flush() {
  return flush_all(false);
}

Result<void> Database::flush_all(bool wait) {
  const std::vector<rocksdb::ColumnFamilyHandle*> families(families_.begin(), families_.end());
  rocksdb::FlushOptions options;
  options.wait = wait;
  options.allow_write_stall = !wait;  // the caller is not to wait for a compaction either
  const auto status = db_->Flush(options, families);
  if (!status.ok()) return failure_of(status);
  return success();
}

}  // namespace truc::hub
