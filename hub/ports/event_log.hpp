// The fan-out's log as the hub needs it, shaped by Kafka's semantics: four topics (one per level)
// of partitions; records with the same key go to one partition and keep their order; a reader goes
// on from an offset that it keeps itself; delivery is at least once.
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "schemas/base/ids.hpp"
#include "schemas/base/result.hpp"

namespace truc::hub {

struct LogRecord {
  Level level = Level::one;  // the topic
  std::string key;           // the recipient's code
  std::string value;         // delivery::to_json
};

struct Partition {
  Level level = Level::one;
  std::int32_t number = 0;
  auto operator<=>(const Partition&) const = default;
};

// Where reading goes on.
struct NextOffset {
  Partition partition;
  std::int64_t offset = 0;
};

struct ReadRecord {
  Partition partition;
  std::int64_t offset = 0;
  std::string key;
  std::string value;
};

// Called by one thread at a time (the relay's).
class EventLogWriter {
 public:
  virtual ~EventLogWriter() = default;
  // Returns when every record is kept as durably as this log can (Kafka: acks=all), in order per
  // key. On failure any part of them may be kept; the caller appends all of them again. Failures:
  // event_log_failed, storage_failed, cancelled.
  virtual Result<void> append(std::span<const LogRecord> records) = 0;
};

// Told which partitions this process serves. Called on the thread that calls read().
class PartitionOwner {
 public:
  virtual ~PartitionOwner() = default;
  // Returns the offset of the first record wanted.
  virtual Result<std::int64_t> partition_assigned(Partition partition) = 0;
  // After this returns nothing of the partition may be written any more.
  virtual void partition_revoked(Partition partition) = 0;
};

// Called by one thread at a time (the feeder's), except stop().
class EventLogReader {
 public:
  virtual ~EventLogReader() = default;
  // `owner` outlives the reader.
  virtual Result<void> start(PartitionOwner& owner) = 0;
  // Up to `max` records of the assigned partitions, in order within each; empty when `wait` passes
  // without any. Failures: event_log_failed (retry later), cancelled after stop().
  virtual Result<std::vector<ReadRecord>> read(std::size_t max, std::chrono::milliseconds wait) = 0;
  // The state behind all records of `partition` below `next_offset` is durable: the log may forget
  // them when its retention says so.
  virtual void consumed(Partition partition, std::int64_t next_offset) = 0;
  // Wakes a waiting read(). From any thread.
  virtual void stop() = 0;
};

}  // namespace truc::hub
