#include "tests/support/store/failing_file_system.hpp"

#include <rocksdb/env.h>
#include <rocksdb/file_system.h>

namespace truc::test {
namespace {

using Fault = FailingFileSystem::Fault;
using SharedFault = std::shared_ptr<std::atomic<Fault>>;

rocksdb::IOStatus no_space() {
  return rocksdb::IOStatus::NoSpace("made to fail by a test");
}
rocksdb::IOStatus io_error() {
  return rocksdb::IOStatus::IOError("made to fail by a test");
}

class FailingFile final : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  enum class Kind : std::uint8_t { log, other };

  FailingFile(std::unique_ptr<rocksdb::FSWritableFile>&& file, Kind kind, SharedFault fault)
      : FSWritableFileOwnerWrapper(std::move(file)), kind_(kind), fault_(std::move(fault)) {}

  using FSWritableFileOwnerWrapper::Append;
  rocksdb::IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options,
                           rocksdb::IODebugContext* context) override {
    if (fails(Fault::append)) return no_space();
    return FSWritableFileOwnerWrapper::Append(data, options, context);
  }
  rocksdb::IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options,
                           const rocksdb::DataVerificationInfo& verification,
                           rocksdb::IODebugContext* context) override {
    if (fails(Fault::append)) return no_space();
    return FSWritableFileOwnerWrapper::Append(data, options, verification, context);
  }
  rocksdb::IOStatus Sync(const rocksdb::IOOptions& options,
                         rocksdb::IODebugContext* context) override {
    if (fails(Fault::sync)) return io_error();
    return FSWritableFileOwnerWrapper::Sync(options, context);
  }
  rocksdb::IOStatus Fsync(const rocksdb::IOOptions& options,
                          rocksdb::IODebugContext* context) override {
    if (fails(Fault::sync)) return io_error();
    return FSWritableFileOwnerWrapper::Fsync(options, context);
  }

 private:
  bool fails(Fault kind) const {
    const auto fault = fault_->load();
    return fault == Fault::all || (fault == kind && kind_ == Kind::log);
  }

  Kind kind_;
  SharedFault fault_;
};

class Wrapper final : public rocksdb::FileSystemWrapper {
 public:
  explicit Wrapper(SharedFault fault)
      : FileSystemWrapper(rocksdb::FileSystem::Default()), fault_(std::move(fault)) {}

  const char* Name() const override { return "FailingFileSystem"; }

  rocksdb::IOStatus NewWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* result,
                                    rocksdb::IODebugContext* context) override {
    std::unique_ptr<rocksdb::FSWritableFile> file;
    auto status = FileSystemWrapper::NewWritableFile(name, options, &file, context);
    if (!status.ok()) return status;
    const auto kind = name.ends_with(".log") ? FailingFile::Kind::log : FailingFile::Kind::other;
    *result = std::make_unique<FailingFile>(std::move(file), kind, fault_);
    return status;
  }

 private:
  SharedFault fault_;
};

}  // namespace

FailingFileSystem::FailingFileSystem()
    : fault_(std::make_shared<std::atomic<Fault>>(Fault::none)),
      env_(rocksdb::NewCompositeEnv(std::make_shared<Wrapper>(fault_))) {}
FailingFileSystem::~FailingFileSystem() = default;

}  // namespace truc::test
