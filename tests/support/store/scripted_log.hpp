// An event log in memory for tests of what stands around it. What it keeps outlives the store, as a
// broker's does.
#pragma once

#include <catch2/catch.hpp>
#include <condition_variable>
#include <mutex>

#include "hub/ports/event_log.hpp"
#include "schemas/base/limits.hpp"

namespace truc::test {

// One partition; fails as often as it is told.
class ScriptedLog final : public hub::EventLogWriter, public hub::EventLogReader {
 public:
  Result<void> append(std::span<const hub::LogRecord> records) override {
    const std::lock_guard lock(mutex_);
    REQUIRE(records.size() <= limits::kRelayBatchMax);
    ++appends;
    if (appends_to_fail > 0) {
      --appends_to_fail;
      // Any part may be kept by a failing append: here the first half.
      if (keeps_half) add(records.first(records.size() / 2));
      return Failure(ErrorCode::event_log_failed);
    }
    add(records);
    return success();
  }
  Result<void> start(hub::PartitionOwner& owner) override {
    position_ = owner.partition_assigned({Level::one, 0}).value();
    return success();
  }
  Result<std::vector<hub::ReadRecord>> read(std::size_t max,
                                            std::chrono::milliseconds wait) override {
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, wait, [&] { return is_stopping_ || position_ < end(); });
    if (is_stopping_) return Failure(ErrorCode::cancelled);
    std::vector<hub::ReadRecord> records;
    for (; position_ < end() && records.size() < max; ++position_) {
      const auto& record = kept[static_cast<std::size_t>(position_)];
      records.push_back(hub::ReadRecord{{Level::one, 0}, position_, record.key, record.value});
    }
    return records;
  }
  void consumed(hub::Partition, std::int64_t next_offset) override {
    const std::lock_guard lock(mutex_);
    consumed_up_to = next_offset;
    wake_.notify_all();
  }
  void stop() override {
    const std::lock_guard lock(mutex_);
    is_stopping_ = true;
    wake_.notify_all();
  }
  // Returns when the condition holds.
  void wait_until(const std::function<bool()>& condition) {
    std::unique_lock lock(mutex_);
    REQUIRE(wake_.wait_for(lock, std::chrono::seconds(30), condition));
  }
  void add_rubbish(std::string value) {
    const std::lock_guard lock(mutex_);
    kept.push_back(hub::LogRecord{Level::one, "rubbish", std::move(value)});
    wake_.notify_all();
  }

  // Guarded by the mutex while threads run.
  std::vector<hub::LogRecord> kept;
  int appends = 0;
  int appends_to_fail = 0;
  bool keeps_half = false;
  std::int64_t consumed_up_to = 0;

 private:
  void add(std::span<const hub::LogRecord> records) {
    kept.insert(kept.end(), records.begin(), records.end());
    wake_.notify_all();
  }
  std::int64_t end() const { return static_cast<std::int64_t>(kept.size()); }

  std::mutex mutex_;
  std::condition_variable wake_;
  std::int64_t position_ = 0;
  bool is_stopping_ = false;
};

}  // namespace truc::test
