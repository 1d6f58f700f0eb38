// A file system that fails when it is told to, and that can lose what was never synced.
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
    append,  // of the write-ahead log: nothing of the record is written, as on a full disk
    sync,    // of the write-ahead log: written, and nobody knows whether it is on the disk
    full,    // of any file: the disk takes no octet more
    all,     // every write to every file: the disk is gone
  };
  void set(Fault fault);

  // What a power cut leaves: every file ends where it was last synced. Set `all` and close the
  // database before, so that it writes nothing more.
  void lose_what_was_not_synced();

  rocksdb::Env* env() { return env_.get(); }

  struct State;

 private:
  std::shared_ptr<State> state_;
  std::unique_ptr<rocksdb::Env> env_;
};

}  // namespace truc::test
