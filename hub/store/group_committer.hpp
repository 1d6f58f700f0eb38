// Group commit: many changes, one write, one fsync.
//
// One thread takes everything that waits, lets each change decide in turn what it writes, writes
// all of it at once, and then tells each change how that went. While it waits for the disk the next
// group gathers, so the slower the disk, the larger the groups; and where several come at a time
// anyway, it waits a moment for more of them, as a group costs as much as ten documents in it.
// Because this thread alone reads before it writes, decisions need no locks and no two changes can
// both believe to be the first.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "hub/store/database.hpp"
#include "schemas/base/limits.hpp"
#include "schemas/telemetry/log.hpp"

namespace truc::hub {

// Something that waits to be made durable.
class Change {
 public:
  virtual ~Change() = default;
  // About what it adds to the write.
  virtual std::size_t bytes() const = 0;
  // Whether somebody relies on it being on the disk when it is finished.
  virtual Sync sync() const = 0;
  // On the committer's thread, in the order of submission. Reads through `writes`, and so sees the
  // changes before it; one that refuses adds nothing.
  virtual void decide(WriteSet& writes) = 0;
  // After decide(): why that came to no decision, the store could not be read.
  virtual std::optional<Failure> trouble() const = 0;
  // After decide(): a failure keeps the whole group from being written.
  virtual Result<void> may_be_written() const { return success(); }
  // Once: after the write, or when there was none. A failure means that nothing is kept. A refusal
  // that decide() came to stands whatever became of the write.
  virtual void finish(const Result<void>& written) = 0;
};

// Read at any time, for metrics.
struct CommitterCounters {
  std::atomic<std::uint64_t> groups{0};
  std::atomic<std::uint64_t> changes{0};
  std::atomic<std::uint64_t> failed_groups{0};
  std::atomic<std::uint64_t> write_microseconds{0};
};

// Behind `bytes` of changes and `after` without one, memory is written out, so that the log, which
// holds the same once more, can go.
struct Quiet {
  std::chrono::milliseconds after = limits::kStoreQuiet;
  std::size_t bytes = limits::kStoreQuietBytes;
};

class GroupCommitter {
 public:
  struct Around {
    // Adds to a group, behind its changes, what they have in common.
    std::function<void(WriteSet& writes)> close;
    // The group's write has ended, well or not; its changes are finished after that.
    std::function<void()> written;
  };

  // All outlive the committer.
  GroupCommitter(Database& database, telemetry::Log& log, Around around, Quiet quiet);
  ~GroupCommitter();
  GroupCommitter(const GroupCommitter&) = delete;
  GroupCommitter& operator=(const GroupCommitter&) = delete;

  enum class Admission : std::uint8_t {
    bounded,  // refused with busy when kCommitQueueMax changes wait
    always,   // for callers that wait for the outcome, and so bound themselves
  };
  // From any thread. A change that is not admitted is finished at once on this thread, with busy or
  // shutting_down.
  void submit(std::unique_ptr<Change> change, Admission admission);

  // Finishes everything admitted, then ends the thread. Repeating does nothing.
  void stop();

  const CommitterCounters& counters() const { return counters_; }

 private:
  struct Group {
    std::vector<std::unique_ptr<Change>> changes;
    std::size_t bytes = 0;  // of them together
  };

  void run();
  bool is_worth_a_write() const;  // with mutex_ held
  void wait_for_change(std::unique_lock<std::mutex>& lock);
  void write_out();
  Group take_group();
  void commit(Group& group);
  Result<void> write(Group& group);

  Database& database_;
  telemetry::Log& log_;
  const Around around_;
  const Quiet quiet_;
  CommitterCounters counters_;

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::unique_ptr<Change>> queue_;  // guarded by mutex_
  std::size_t queued_bytes_ = 0;               // guarded by mutex_
  bool is_stopping_ = false;                   // guarded by mutex_

  // The thread's own: until when the next group gathers, and what was written since the store was
  // quiet.
  std::chrono::steady_clock::time_point gathers_until_;
  std::size_t written_bytes_ = 0;
  // So that each turn of events is logged once.
  bool is_failed_ = false;
  bool is_restart_asked_ = false;

  std::thread thread_;
};

}  // namespace truc::hub
