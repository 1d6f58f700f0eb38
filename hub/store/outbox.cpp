#include "hub/store/outbox.hpp"

#include <algorithm>

#include "hub/store/keys.hpp"
#include "schemas/base/check.hpp"

namespace truc::hub {
namespace {

Failure corrupt_entry(std::string why) {
  return Failure(ErrorCode::storage_corrupt).at("outbox").because(std::move(why));
}

}  // namespace

Outbox::Outbox(Database& database, ReadTransfer read, std::size_t window_max)
    : database_(database), read_(std::move(read)), window_max_(window_max) {}

Result<void> Outbox::load() {
  auto cursor = database_.cursor(Family::outbox, {}, {});
  std::uint64_t count = 0;
  std::uint64_t last = 0;
  for (cursor->seek_first(); cursor->is_valid(); cursor->next()) {
    if (cursor->key().size() != 8) return corrupt_entry("a key that is not a sequence");
    last = keys::from_big_endian(cursor->key());
    ++count;
  }
  TRUC_TRY(cursor->status());
  depth_ = count;
  const std::lock_guard lock(mutex_);
  newest_ = last;
  window_begin_ = last + 1;
  return success();
}

void Outbox::put(WriteSet& writes, std::uint64_t sequence, const TransferId& transfer) const {
  database_.put(writes, Family::outbox, keys::big_endian(sequence), transfer.bytes());
}

void Outbox::push(OutboxEntry entry) {
  const std::lock_guard lock(mutex_);
  TRUC_CHECK(entry.sequence > newest_, "the committer hands out sequences in their order");
  newest_ = entry.sequence;
  window_.push_back(std::move(entry));
  if (window_.size() > window_max_) {
    window_begin_ = window_.front().sequence + 1;
    window_.pop_front();
  }
  depth_.fetch_add(1, std::memory_order_relaxed);
  wake_.notify_all();
}

Result<std::vector<OutboxEntry>> Outbox::after(std::uint64_t sequence, std::size_t max,
                                               std::chrono::milliseconds wait) {
  std::vector<OutboxEntry> entries;
  sequence = std::max(sequence, done_.load());
  {
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, wait, [&] { return is_stopping_ || newest_ > sequence; });
    if (is_stopping_) return Failure(ErrorCode::cancelled);
    if (newest_ <= sequence) return entries;
    if (sequence + 1 >= window_begin_) {
      auto next = std::ranges::upper_bound(window_, sequence, {}, &OutboxEntry::sequence);
      for (; next != window_.end() && entries.size() < max; ++next) entries.push_back(*next);
      return entries;
    }
  }
  return read_disk(sequence, max);
}

Result<std::vector<OutboxEntry>> Outbox::read_disk(std::uint64_t after, std::size_t max) const {
  std::vector<OutboxEntry> entries;
  auto cursor = database_.cursor(Family::outbox, keys::big_endian(after + 1), {});
  for (cursor->seek_first(); cursor->is_valid() && entries.size() < max; cursor->next()) {
    const auto id = TransferId::from_bytes(cursor->value());
    if (!id) return corrupt_entry("a value that is not a transfer");
    TRUC_TRY(auto transfer, read_(id.value()));
    if (!transfer) return corrupt_entry("no transfer " + id.value().text());
    entries.push_back(OutboxEntry{keys::from_big_endian(cursor->key()), std::move(transfer)});
  }
  TRUC_TRY(cursor->status());
  return entries;
}

Result<void> Outbox::done(std::uint64_t sequence) {
  WriteSet writes;
  std::uint64_t count = 0;
  {
    // Starting behind the last removal keeps the walk off the deletions before it.
    auto cursor = database_.cursor(Family::outbox, keys::big_endian(done_ + 1),
                                   keys::big_endian(sequence + 1));
    for (cursor->seek_first(); cursor->is_valid(); cursor->next()) {
      database_.erase(writes, Family::outbox, cursor->key());
      ++count;
    }
    TRUC_TRY(cursor->status());
  }
  // Without an fsync: should a power cut bring entries back, the relay appends them once more, and
  // the mailboxes know what they have.
  TRUC_TRY(database_.write(writes, Sync::no));
  done_ = std::max(done_.load(), sequence);
  depth_.fetch_sub(count, std::memory_order_relaxed);

  const std::lock_guard lock(mutex_);
  while (!window_.empty() && window_.front().sequence <= sequence) window_.pop_front();
  return success();
}

void Outbox::stop_waiting() {
  const std::lock_guard lock(mutex_);
  is_stopping_ = true;
  wake_.notify_all();
}

}  // namespace truc::hub
