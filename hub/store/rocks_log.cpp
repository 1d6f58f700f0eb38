#include "hub/store/rocks_log.hpp"

#include <algorithm>

#include "hub/store/keys.hpp"
#include "hub/store/partitioner.hpp"
#include "schemas/base/check.hpp"
#include "schemas/base/limits.hpp"

namespace truc::hub {
namespace {

// Removed together, so that trimming is not a write for every record.
constexpr std::int64_t kTrimStep = 256;
constexpr std::size_t kOffsetOctets = 8;

std::string encode(const LogRecord& record) {
  TRUC_CHECK(record.key.size() <= limits::kAgencyCodeLengthMax, "a key is an agency's code");
  std::string row;
  row.reserve(1 + record.key.size() + record.value.size());
  row.push_back(static_cast<char>(record.key.size()));
  row += record.key;
  row += record.value;
  return row;
}

Failure corrupt(Partition partition, std::string why) {
  return Failure(ErrorCode::storage_corrupt)
      .at("log " + std::to_string(number(partition.level)) + "/" + std::to_string(partition.number))
      .because(std::move(why));
}

std::int64_t offset_of(const Cursor& cursor) {
  const auto key = cursor.key();
  return static_cast<std::int64_t>(keys::from_big_endian(key.substr(key.size() - kOffsetOctets)));
}

Result<ReadRecord> decode(Partition partition, const Cursor& cursor) {
  const auto row = cursor.value();
  const std::size_t size = row.empty() ? 0 : static_cast<unsigned char>(row[0]);
  if (row.size() < 1 + size) return corrupt(partition, "a record that is cut short");
  return ReadRecord{partition, offset_of(cursor), std::string(row.substr(1, size)),
                    std::string(row.substr(1 + size))};
}

}  // namespace

Result<std::unique_ptr<RocksLog>> RocksLog::open(Database& database) {
  std::unique_ptr<RocksLog> log(new RocksLog(database));
  for (const auto level : kLevels) {
    for (std::int32_t i = 0; i < limits::kPartitionsPerLevel; ++i) {
      const Partition partition{level, i};
      TRUC_TRY(const auto ends, log->read_ends(partition));
      log->ends_.emplace(partition, ends);
    }
  }
  return log;
}

Result<RocksLog::Ends> RocksLog::read_ends(Partition partition) const {
  Ends ends;
  const auto cursor = database_.cursor(Family::log, keys::log_prefix(partition));
  cursor->seek_first();
  TRUC_TRY(cursor->status());
  if (!cursor->is_valid()) return ends;
  ends.first = offset_of(*cursor);
  cursor->seek_last();
  TRUC_TRY(cursor->status());
  ends.next = offset_of(*cursor) + 1;
  return ends;
}

Result<void> RocksLog::append(std::span<const LogRecord> records) {
  WriteSet writes;
  std::map<Partition, std::int64_t> next;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [partition, ends] : ends_) next.emplace(partition, ends.next);
  }
  for (const auto& record : records) {
    const Partition partition{record.level, partition_of(record.key, limits::kPartitionsPerLevel)};
    database_.put(writes, Family::log, keys::log_record(partition, next[partition]++),
                  encode(record));
  }
  TRUC_TRY(database_.write(writes, Sync::no));
  const std::lock_guard lock(mutex_);
  for (const auto& [partition, offset] : next) ends_[partition].next = offset;
  wake_.notify_all();
  return success();
}

Result<void> RocksLog::start(PartitionOwner& owner) {
  const std::lock_guard lock(mutex_);
  for (const auto& [partition, ends] : ends_) {
    TRUC_TRY(const auto wanted, owner.partition_assigned(partition));
    if (wanted < ends.first || wanted > ends.next) {
      return corrupt(partition, "offset " + std::to_string(wanted) + " is wanted, " +
                                    std::to_string(ends.first) + " to " +
                                    std::to_string(ends.next) + " are kept");
    }
    positions_[partition] = wanted;
  }
  return success();
}

Result<std::vector<ReadRecord>> RocksLog::read(std::size_t max, std::chrono::milliseconds wait) {
  struct Share {
    Partition partition;
    std::int64_t end;
  };
  std::vector<Share> shares;
  {
    const auto find_shares = [&] {
      for (const auto& [partition, position] : positions_) {
        const auto end = ends_.at(partition).next;
        if (end > position) shares.push_back(Share{partition, end});
      }
      return !shares.empty();
    };
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, wait, [&] { return is_stopping_ || find_shares(); });
    if (is_stopping_) return Failure(ErrorCode::cancelled);
  }
  std::vector<ReadRecord> records;
  if (shares.empty()) return records;
  // Another partition is served first each time, and none takes more than its share.
  std::ranges::rotate(
      shares, shares.begin() + static_cast<std::ptrdiff_t>(first_served_++ % shares.size()));
  const auto share = std::max<std::size_t>(1, max / shares.size());
  for (const auto& [partition, end] : shares) {
    if (records.size() >= max) break;
    TRUC_TRY(read_partition(partition, end, std::min(share, max - records.size()), records));
  }
  for (const auto& record : records) positions_[record.partition] = record.offset + 1;
  return records;
}

Result<void> RocksLog::read_partition(Partition partition, std::int64_t end, std::size_t max,
                                      std::vector<ReadRecord>& records) {
  auto expected = positions_[partition];
  const auto cursor = database_.cursor(Family::log, keys::log_record(partition, expected),
                                       keys::log_record(partition, end));
  std::size_t count = 0;
  for (cursor->seek_first(); cursor->is_valid() && count < max; cursor->next(), ++count) {
    TRUC_TRY(auto record, decode(partition, *cursor));
    if (record.offset != expected++) return corrupt(partition, "a record is missing");
    records.push_back(std::move(record));
  }
  return cursor->status();
}

void RocksLog::consumed(Partition partition, std::int64_t next_offset) {
  std::int64_t first;
  {
    const std::lock_guard lock(mutex_);
    first = ends_.at(partition).first;
  }
  const auto keep_from = next_offset - limits::kLogRetainedRecords;
  if (keep_from - first < kTrimStep) return;
  WriteSet writes;
  for (auto offset = first; offset < keep_from; ++offset)
    database_.erase(writes, Family::log, keys::log_record(partition, offset));
  // Tried again with the next records when it fails.
  if (!database_.write(writes, Sync::no)) return;
  const std::lock_guard lock(mutex_);
  ends_.at(partition).first = keep_from;
}

void RocksLog::stop() {
  const std::lock_guard lock(mutex_);
  is_stopping_ = true;
  wake_.notify_all();
}

}  // namespace truc::hub
