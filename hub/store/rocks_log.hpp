// The embedded event log: what Kafka does for many machines, on the store's own database for one.
//
// Appends go without an fsync. The outbox entry behind a record is removed after the append, in the
// same write-ahead log: whatever a power cut takes, it never takes the record and leaves the
// removal.
#pragma once

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>

#include "hub/ports/event_log.hpp"
#include "hub/store/database.hpp"

namespace truc::hub {

// kPartitionsPerLevel partitions for each level; offsets count from 0 without gaps.
class RocksLog final : public EventLogWriter, public EventLogReader {
 public:
  // `database` outlives the log. Failures: storage_failed, storage_corrupt.
  static Result<std::unique_ptr<RocksLog>> open(Database& database);

  Result<void> append(std::span<const LogRecord> records) override;

  Result<void> start(PartitionOwner& owner) override;
  Result<std::vector<ReadRecord>> read(std::size_t max, std::chrono::milliseconds wait) override;
  // Keeps the last kLogRetainedRecords of a partition: an operator can look back, and the next
  // offset can be told from the last record.
  void consumed(Partition partition, std::int64_t next_offset) override;
  void stop() override;

 private:
  struct Ends {
    std::int64_t first = 0;  // the oldest kept
    std::int64_t next = 0;   // the next to be written
  };

  explicit RocksLog(Database& database) : database_(database) {}
  Result<Ends> read_ends(Partition partition) const;
  Result<void> read_partition(Partition partition, std::int64_t end, std::size_t max,
                              std::vector<ReadRecord>& records);

  Database& database_;

  std::mutex mutex_;
  std::condition_variable wake_;
  std::map<Partition, Ends> ends_;  // guarded by mutex_
  bool is_stopping_ = false;        // guarded by mutex_

  // The reader's thread.
  std::map<Partition, std::int64_t> positions_;
  std::size_t first_served_ = 0;
};

}  // namespace truc::hub
