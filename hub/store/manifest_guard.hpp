// How far the manifest has come, kept beside it.
//
// The manifest is RocksDB's list of the store's files. Cut off at its end it reads like an earlier
// one, and RocksDB would open the store as it was then, without a word, and delete what is newer.
#pragma once

#include <filesystem>
#include <mutex>

#include "schemas/base/result.hpp"

namespace truc::hub {

// Any thread.
class ManifestGuard {
 public:
  explicit ManifestGuard(std::filesystem::path store) : store_(std::move(store)) {}

  // Before the store is opened. Failure: storage_corrupt, when the manifest is shorter than it was,
  // or CURRENT names an earlier one. A store that was never guarded passes.
  Result<void> check() const;
  // What stands there now is wanted from here on. Where that cannot be noted, what was noted before
  // still is.
  void note();

 private:
  const std::filesystem::path store_;
  std::mutex mutex_;  // one at a time writes
};

}  // namespace truc::hub
