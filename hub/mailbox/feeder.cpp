#include "hub/mailbox/feeder.hpp"

namespace truc::hub {
namespace {

constexpr auto kWait = std::chrono::milliseconds(1'000);

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
  pending_.erase(partition);
}

Result<void> Feeder::step() {
  if (!is_reader_started_) {
    TRUC_TRY(reader_.start(*this));
    is_reader_started_ = true;
  }
  if (pending_.empty()) {
    TRUC_TRY(auto records, reader_.read(limits::kFeedBatchMax, kWait));
    counters_.records.fetch_add(records.size(), std::memory_order_relaxed);
    for (auto& record : records) {
      look_for_gap(record.partition, record.offset);
      pending_[record.partition].push_back(std::move(record));
    }
  }
  while (!pending_.empty()) {
    const auto& [partition, records] = *pending_.begin();
    TRUC_TRY(feed(partition, records));
    reader_.consumed(partition, records.back().offset + 1);
    pending_.erase(pending_.begin());
  }
  return success();
}

Result<void> Feeder::feed(Partition partition, const std::vector<ReadRecord>& records) {
  auto grown = store_.feed(partition, records.back().offset + 1, records);
  if (!grown) {
    if (grown.error().code() != ErrorCode::malformed_record) return grown.error();
    return feed_one_by_one(partition, records);
  }
  counters_.mailed.fetch_add(grown.value().size(), std::memory_order_relaxed);
  if (!grown.value().empty()) notify_(grown.value());
  return success();
}

// Somewhere among the records is one that no mailbox takes. It is named and left out: it may not
// hold up everybody behind it.
Result<void> Feeder::feed_one_by_one(Partition partition, const std::vector<ReadRecord>& records) {
  for (const auto& record : records) {
    auto grown = store_.feed(partition, record.offset + 1, std::span(&record, 1));
    if (!grown) {
      if (grown.error().code() != ErrorCode::malformed_record) return grown.error();
      counters_.malformed.fetch_add(1, std::memory_order_relaxed);
      log_.error("feeder.malformed", {{"topic", delivery::topic_of(partition.level)},
                                      {"partition", partition.number},
                                      {"offset", record.offset},
                                      {"failure", grown.error()}});
      grown = store_.feed(partition, record.offset + 1, {});
      if (!grown) return grown.error();
    }
    counters_.mailed.fetch_add(grown.value().size(), std::memory_order_relaxed);
    if (!grown.value().empty()) notify_(grown.value());
  }
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
