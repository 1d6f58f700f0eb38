#include "hub/store/group_committer.hpp"

#include <chrono>

#include "schemas/base/limits.hpp"

namespace truc::hub {
namespace {

constexpr std::size_t kAroundChange = 1 * limits::kKiB;  // its keys and small records

// From the end of a group of several until the next is written, unless so much has come by then.
// Who comes alone, or behind another of its own, does not wait.
constexpr auto kGatherTime = std::chrono::milliseconds(1);
constexpr std::size_t kGatheredMax = 32;
constexpr std::size_t kGatheredBytesMax = 256 * limits::kKiB;

}  // namespace

GroupCommitter::GroupCommitter(Database& database, telemetry::Log& log, Around around, Quiet quiet)
    : database_(database), log_(log), around_(std::move(around)), quiet_(quiet), thread_([this] {
        run();
      }) {}

GroupCommitter::~GroupCommitter() {
  stop();
}

void GroupCommitter::submit(std::unique_ptr<Change> change, Admission admission) {
  auto refusal = ErrorCode::shutting_down;
  {
    const std::lock_guard lock(mutex_);
    const bool has_room = admission == Admission::always || queue_.size() < limits::kCommitQueueMax;
    if (!is_stopping_ && has_room) {
      queued_bytes_ += change->bytes();
      queue_.push_back(std::move(change));
      if (queue_.size() == 1 || is_worth_a_write()) wake_.notify_one();
      return;
    }
    if (!is_stopping_) refusal = ErrorCode::busy;
  }
  change->finish(Failure(refusal));
}

void GroupCommitter::stop() {
  {
    const std::lock_guard lock(mutex_);
    is_stopping_ = true;
    wake_.notify_one();
  }
  if (thread_.joinable()) thread_.join();
}

void GroupCommitter::run() {
  // Ends once stop() was called and the queue, which then takes nothing new, is empty.
  for (;;) {
    auto group = take_group();
    if (group.changes.empty()) return;
    commit(group);
  }
}

bool GroupCommitter::is_worth_a_write() const {
  return queue_.size() >= kGatheredMax || queued_bytes_ >= kGatheredBytesMax;
}

void GroupCommitter::wait_for_change(std::unique_lock<std::mutex>& lock) {
  const auto has_come = [this] { return is_stopping_ || !queue_.empty(); };
  if (written_bytes_ >= quiet_.bytes && !wake_.wait_for(lock, quiet_.after, has_come)) {
    lock.unlock();
    write_out();
    lock.lock();
  }
  wake_.wait(lock, has_come);
}

void GroupCommitter::write_out() {
  written_bytes_ = 0;
  const auto begun = database_.begin_flush();
  if (!begun) log_.warn("store.flush_failed", {{"failure", begun.error()}});
}

GroupCommitter::Group GroupCommitter::take_group() {
  Group group;
  std::unique_lock lock(mutex_);
  wait_for_change(lock);
  wake_.wait_until(lock, gathers_until_, [this] { return is_stopping_ || is_worth_a_write(); });
  while (!queue_.empty() && group.changes.size() < limits::kCommitBatchMax) {
    const auto bytes = group.bytes + queue_.front()->bytes();
    if (!group.changes.empty() && bytes > limits::kCommitBatchBytesMax) break;
    group.bytes = bytes;
    group.changes.push_back(std::move(queue_.front()));
    queue_.pop_front();
  }
  queued_bytes_ -= group.bytes;
  return group;
}

void GroupCommitter::commit(Group& group) {
  const auto written = write(group);
  around_.written();
  counters_.groups.fetch_add(1, std::memory_order_relaxed);
  counters_.changes.fetch_add(group.changes.size(), std::memory_order_relaxed);
  written_bytes_ += group.bytes;
  if (!written) {
    counters_.failed_groups.fetch_add(1, std::memory_order_relaxed);
    if (!is_failed_) log_.error("store.write_failed", {{"failure", written.error()}});
    is_failed_ = true;
    if (database_.needs_restart() && !is_restart_asked_) {
      log_.error("store.needs_restart", {{"failure", written.error()}});
      is_restart_asked_ = true;
    }
  } else if (is_failed_) {
    log_.info("store.recovered");
    is_failed_ = false;
  }
  gathers_until_ = {};
  if (group.changes.size() > 1) gathers_until_ = std::chrono::steady_clock::now() + kGatherTime;
  for (auto& change : group.changes) change->finish(written);
}

Result<void> GroupCommitter::write(Group& group) {
  WriteSet writes(group.bytes + group.changes.size() * kAroundChange);
  auto sync = Sync::no;
  for (auto& change : group.changes) {
    change->decide(writes);
    TRUC_TRY(change->may_be_written());
    if (change->sync() == Sync::yes) sync = Sync::yes;
  }
  around_.close(writes);
  const auto begin = std::chrono::steady_clock::now();
  auto written = database_.write(writes, sync);
  const auto took = std::chrono::steady_clock::now() - begin;
  counters_.write_microseconds.fetch_add(
      static_cast<std::uint64_t>(
          std::chrono::duration_cast<std::chrono::microseconds>(took).count()),
      std::memory_order_relaxed);
  return written;
}

}  // namespace truc::hub
