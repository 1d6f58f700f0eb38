#include "hub/fanout/relay.hpp"

#include <limits>

namespace truc::hub {
namespace {

constexpr auto kWait = std::chrono::milliseconds(1'000);

}  // namespace

Relay::Relay(DocumentStore& store, EventLogWriter& log_writer, telemetry::Log& log,
             RetryPauses pauses, IsOurs is_ours)
    : store_(store),
      log_writer_(log_writer),
      is_ours_(std::move(is_ours)),
      thread_("relay", [this] { return step(); }, pauses, log) {}

Relay::~Relay() {
  stop();
}

void Relay::start() {
  thread_.start();
}

void Relay::stop() {
  store_.stop_waiting();
  thread_.stop();
}

// Up to kRelayBatchMax records; a circular is cut over several batches.
void Relay::fill() {
  while (entry_ < entries_.size() && records_.size() < limits::kRelayBatchMax) {
    const auto& transfer = *entries_[entry_].transfer;
    if (addressee_ == transfer.addressees.size()) {
      ++entry_;
      addressee_ = 0;
      continue;
    }
    const auto record = delivery_of(transfer, addressee_++);
    records_.push_back(LogRecord{record.level, record.recipient.text(), to_json(record)});
  }
}

// What this hub had taken from the outbox goes back: whoever relays now begins at its oldest entry.
Result<void> Relay::wait_for_turn() {
  entries_.clear();
  records_.clear();
  relayed_ = 0;
  const auto waited = store_.outbox(std::numeric_limits<std::uint64_t>::max(), 1, kWait);
  return waited ? success() : Result<void>(waited.error());
}

// Each part leaves the state so that the step can be repeated from where it failed.
Result<void> Relay::step() {
  if (!is_ours_()) return wait_for_turn();
  if (entries_.empty()) {
    TRUC_TRY(entries_, store_.outbox(relayed_, limits::kRelayBatchMax, kWait));
    entry_ = 0;
    addressee_ = 0;
    if (entries_.empty()) return success();
  }
  if (records_.empty()) fill();
  if (!records_.empty()) {
    TRUC_TRY(log_writer_.append(records_));
    counters_.records.fetch_add(records_.size(), std::memory_order_relaxed);
    records_.clear();
  }
  const bool is_last_done =
      entry_ == entries_.size() ||
      (entry_ + 1 == entries_.size() && addressee_ == entries_[entry_].transfer->addressees.size());
  if (!is_last_done) return success();
  TRUC_TRY(store_.outbox_done(entries_.back().sequence));
  relayed_ = entries_.back().sequence;
  counters_.transfers.fetch_add(entries_.size(), std::memory_order_relaxed);
  entries_.clear();
  return success();
}

}  // namespace truc::hub
