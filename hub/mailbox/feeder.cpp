#include "hub/mailbox/feeder.hpp"

namespace truc::hub {
namespace {

constexpr auto kWait = std::chrono::milliseconds(1'000);

// Where reading goes on after `records`, which are in order within each partition.
std::vector<NextOffset> behind(std::span<const ReadRecord> records) {
  std::map<Partition, std::int64_t> offsets;
  for (const auto& record : records) offsets[record.partition] = record.offset + 1;
  std::vector<NextOffset> next;
  for (const auto& [partition, offset] : offsets) next.push_back(NextOffset{partition, offset});
  return next;
}

}  // namespace

Feeder::Feeder(EventLogReader& reader, DocumentStore& store, telemetry::Log& log, Notify notify,
               RetryPauses pauses)
    : reader_(reader),
      store_(store),
      log_(log),
      notify_(std::move(notify)),
      thread_("feeder", [this] { return step(); }, pauses, log) {}

Feeder::~Feeder() {
  stop();
}

void Feeder::start() {
  thread_.start();
}

void Feeder::stop() {
  reader_.stop();
  thread_.stop();
}

Result<std::int64_t> Feeder::partition_assigned(Partition partition) {
  TRUC_TRY(const auto offset, store_.next_offset(partition));
  expected_[partition] = offset;
  return offset;
}

void Feeder::partition_revoked(Partition partition) {
  expected_.erase(partition);
}

Result<void> Feeder::step() {
  if (!is_reader_started_) {
    TRUC_TRY(reader_.start(*this));
    is_reader_started_ = true;
  }
  if (pending_.empty()) {
    TRUC_TRY(pending_, reader_.read(limits::kFeedBatchMax, kWait));
    counters_.records.fetch_add(pending_.size(), std::memory_order_relaxed);
    for (const auto& record : pending_) look_for_gap(record.partition, record.offset);
  }
  if (pending_.empty()) return success();
  TRUC_TRY(feed(pending_));
  for (const auto& [partition, offset] : behind(pending_)) reader_.consumed(partition, offset);
  pending_.clear();
  return success();
}

// Somewhere among records that are refused is one that no mailbox takes. Halving finds it in a few
// writes; it is named and left out, for it may not hold up everybody behind it.
Result<void> Feeder::feed(std::span<const ReadRecord> records) {
  const auto next = behind(records);
  auto mailed = store_.feed(records, next);
  if (!mailed && mailed.error().code() == ErrorCode::malformed_record) {
    if (records.size() > 1) {
      TRUC_TRY(feed(records.first(records.size() / 2)));
      return feed(records.subspan(records.size() / 2));
    }
    counters_.malformed.fetch_add(1, std::memory_order_relaxed);
    log_.error("feeder.malformed", {{"topic", delivery::topic_of(next[0].partition.level)},
                                    {"partition", next[0].partition.number},
                                    {"offset", records[0].offset},
                                    {"failure", mailed.error()}});
    mailed = store_.feed({}, next);
  }
  if (!mailed) return mailed.error();
  counters_.mailed.fetch_add(mailed.value().size(), std::memory_order_relaxed);
  if (!mailed.value().empty()) notify_(mailed.value());
  return success();
}

// A log that forgot records before they were read has lost deliveries: somebody must know. A log
// that was never read from may begin anywhere.
void Feeder::look_for_gap(Partition partition, std::int64_t offset) {
  auto& expected = expected_[partition];
  if (offset > expected && expected > 0) {
    counters_.gaps.fetch_add(1, std::memory_order_relaxed);
    log_.error("feeder.gap", {{"topic", delivery::topic_of(partition.level)},
                              {"partition", partition.number},
                              {"expected", expected},
                              {"found", offset}});
  }
  expected = offset + 1;
}

}  // namespace truc::hub
