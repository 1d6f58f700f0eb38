#include "tests/support/store/failing_file_system.hpp"

#include <rocksdb/env.h>
#include <rocksdb/file_system.h>

#include <filesystem>
#include <map>
#include <mutex>

#include "schemas/base/check.hpp"

namespace truc::test {

struct FailingFileSystem::State {
  // How much of a file a power cut cannot take.
  void note_new(const std::string& path) { note_synced(path, 0); }
  void note_synced(const std::string& path, std::uint64_t size) {
    const std::lock_guard lock(mutex);
    synced[path] = size;
  }
  void note_renamed(const std::string& from, const std::string& to) {
    const std::lock_guard lock(mutex);
    if (auto node = synced.extract(from)) {
      synced.erase(to);
      node.key() = to;
      synced.insert(std::move(node));
    }
  }

  std::atomic<Fault> fault{Fault::none};
  std::mutex mutex;
  std::map<std::string, std::uint64_t> synced;
};

namespace {

using Fault = FailingFileSystem::Fault;
using SharedState = std::shared_ptr<FailingFileSystem::State>;

rocksdb::IOStatus no_space() {
  return rocksdb::IOStatus::NoSpace("made to fail by a test");
}
rocksdb::IOStatus io_error() {
  return rocksdb::IOStatus::IOError("made to fail by a test");
}

class FailingFile final : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  FailingFile(std::unique_ptr<rocksdb::FSWritableFile>&& file, std::string path, SharedState state)
      : FSWritableFileOwnerWrapper(std::move(file)),
        path_(std::move(path)),
        is_log_(path_.ends_with(".log")),
        state_(std::move(state)) {}

  rocksdb::IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options,
                           rocksdb::IODebugContext* context) override {
    if (fails(Fault::append) || state_->fault == Fault::full) return no_space();
    size_ += data.size();
    return FSWritableFileOwnerWrapper::Append(data, options, context);
  }
  rocksdb::IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options,
                           const rocksdb::DataVerificationInfo& verification,
                           rocksdb::IODebugContext* context) override {
    if (fails(Fault::append) || state_->fault == Fault::full) return no_space();
    size_ += data.size();
    return FSWritableFileOwnerWrapper::Append(data, options, verification, context);
  }
  rocksdb::IOStatus Sync(const rocksdb::IOOptions& options,
                         rocksdb::IODebugContext* context) override {
    if (fails(Fault::sync)) return io_error();
    return noted(FSWritableFileOwnerWrapper::Sync(options, context));
  }
  rocksdb::IOStatus Fsync(const rocksdb::IOOptions& options,
                          rocksdb::IODebugContext* context) override {
    if (fails(Fault::sync)) return io_error();
    return noted(FSWritableFileOwnerWrapper::Fsync(options, context));
  }

 private:
  bool fails(Fault kind) const {
    const auto fault = state_->fault.load();
    return fault == Fault::all || (fault == kind && is_log_);
  }
  rocksdb::IOStatus noted(rocksdb::IOStatus status) {
    if (status.ok()) state_->note_synced(path_, size_);
    return status;
  }

  const std::string path_;
  const bool is_log_;
  SharedState state_;
  std::uint64_t size_ = 0;
};

class Wrapper final : public rocksdb::FileSystemWrapper {
 public:
  explicit Wrapper(SharedState state)
      : FileSystemWrapper(rocksdb::FileSystem::Default()), state_(std::move(state)) {}

  const char* Name() const override { return "FailingFileSystem"; }

  rocksdb::IOStatus NewWritableFile(const std::string& path, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* result,
                                    rocksdb::IODebugContext* context) override {
    if (state_->fault == Fault::all) return io_error();
    std::unique_ptr<rocksdb::FSWritableFile> file;
    auto status = FileSystemWrapper::NewWritableFile(path, options, &file, context);
    if (!status.ok()) return status;
    state_->note_new(path);
    *result = std::make_unique<FailingFile>(std::move(file), path, state_);
    return status;
  }
  rocksdb::IOStatus RenameFile(const std::string& from, const std::string& to,
                               const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* context) override {
    if (state_->fault == Fault::all) return io_error();
    auto status = FileSystemWrapper::RenameFile(from, to, options, context);
    if (status.ok()) state_->note_renamed(from, to);
    return status;
  }
  rocksdb::IOStatus DeleteFile(const std::string& path, const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* context) override {
    if (state_->fault == Fault::all) return io_error();
    return FileSystemWrapper::DeleteFile(path, options, context);
  }

 private:
  SharedState state_;
};

}  // namespace

FailingFileSystem::FailingFileSystem()
    : state_(std::make_shared<State>()),
      env_(rocksdb::NewCompositeEnv(std::make_shared<Wrapper>(state_))) {}
FailingFileSystem::~FailingFileSystem() = default;

void FailingFileSystem::set(Fault fault) {
  state_->fault = fault;
}

void FailingFileSystem::lose_what_was_not_synced() {
  TRUC_CHECK(state_->fault == Fault::all, "a database that still writes cannot be cut off");
  const std::lock_guard lock(state_->mutex);
  for (const auto& [path, size] : state_->synced) {
    // The info log is for people and never synced.
    if (!std::filesystem::exists(path) || path.ends_with("/LOG")) continue;
    if (std::filesystem::file_size(path) > size) std::filesystem::resize_file(path, size);
  }
  state_->synced.clear();
}

}  // namespace truc::test
