// Everything accepted and not yet in the log that brings it to the mailboxes: on disk, and its
// newest part also in memory, so that a relay that keeps up never reads.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <vector>

#include "hub/ports/document_store.hpp"
#include "hub/store/database.hpp"

namespace truc::hub {

class Outbox {
 public:
  using ReadTransfer =
      std::function<Result<std::shared_ptr<const TransferRecord>>(const TransferId&)>;

  // `window_max` entries are kept in memory. `read` serves entries that are on disk alone.
  Outbox(Database& database, ReadTransfer read, std::size_t window_max);

  // Counts what is on disk. Before anything else.
  Result<void> load();

  // For the committer's thread: adds the entry to a write, and once that is durable shows it.
  void put(WriteSet& writes, std::uint64_t sequence, const TransferId& transfer) const;
  void push(OutboxEntry entry);

  // For the relay's thread, as in DocumentStore.
  Result<std::vector<OutboxEntry>> after(std::uint64_t sequence, std::size_t max,
                                         std::chrono::milliseconds wait);
  // One caller at a time: the relay's thread, or the committer's where a journal says it.
  Result<void> done(std::uint64_t sequence);

  std::uint64_t depth() const { return depth_.load(std::memory_order_relaxed); }
  void stop_waiting();

 private:
  Result<std::vector<OutboxEntry>> read_disk(std::uint64_t after, std::size_t max) const;

  Database& database_;
  ReadTransfer read_;
  const std::size_t window_max_;
  std::atomic<std::uint64_t> done_{0};
  std::atomic<std::uint64_t> depth_{0};

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<OutboxEntry> window_;  // guarded by mutex_
  std::uint64_t window_begin_ = 0;  // guarded by mutex_: every entry from here on is in the window
  std::uint64_t newest_ = 0;        // guarded by mutex_
  bool is_stopping_ = false;        // guarded by mutex_
};

}  // namespace truc::hub
