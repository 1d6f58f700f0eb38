// A file system that fails when it is told to: the write-ahead log's appends or its fsyncs.
#pragma once

#include <atomic>
#include <memory>

#include "hub/store/rocksdb_fwd.hpp"

namespace truc::test {

class FailingFileSystem {
 public:
  FailingFileSystem();
  ~FailingFileSystem();

  enum class Fault : std::uint8_t {
    none,
    append,  // nothing of the record is written: a full disk
    sync,    // the record is written, and nobody knows whether it is on the disk
    all,     // every write to every file: the disk is gone
  };
  void set(Fault fault) { *fault_ = fault; }

  rocksdb::Env* env() { return env_.get(); }

 private:
  std::shared_ptr<std::atomic<Fault>> fault_;
  std::unique_ptr<rocksdb::Env> env_;
};

}  // namespace truc::test
