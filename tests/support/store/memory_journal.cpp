#include "tests/support/store/memory_journal.hpp"

#include <algorithm>

namespace truc::test {

void MemoryJournal::Line::append(std::string key, std::string value, Kept kept) {
  Result<void> outcome = success();
  {
    const std::lock_guard lock(journal_.mutex_);
    if (is_stopped_) {
      outcome = Failure(ErrorCode::cancelled);
    } else if (is_cut_) {
      outcome = Failure(ErrorCode::event_log_failed);
    } else {
      journal_.add(std::move(key), std::move(value));
      if (holds_reports_) {
        held_.push_back(std::move(kept));
        return;
      }
    }
  }
  kept(outcome);
}

void MemoryJournal::Line::beat(std::string value) {
  const std::lock_guard lock(journal_.mutex_);
  if (is_cut_) return;
  journal_.beats_.push_back(std::move(value));
  journal_.changed_.notify_all();
}

Result<std::int64_t> MemoryJournal::Line::end() {
  const std::lock_guard lock(journal_.mutex_);
  if (is_cut_) return Failure(ErrorCode::event_log_failed);
  return static_cast<std::int64_t>(journal_.records_.size()) + journal_.left_out_;
}

Result<void> MemoryJournal::Line::start(std::int64_t offset) {
  const std::lock_guard lock(journal_.mutex_);
  if (offset > static_cast<std::int64_t>(journal_.records_.size()))
    return Failure(ErrorCode::journal_mismatch);
  next_ = static_cast<std::size_t>(offset);
  next_beat_ = journal_.beats_.size();
  return success();
}

Result<hub::JournalBatch> MemoryJournal::Line::read(std::size_t max, std::size_t,
                                                    std::chrono::milliseconds wait) {
  std::unique_lock lock(journal_.mutex_);
  const auto has_news = [this] {
    const bool is_behind = next_ < journal_.records_.size() || next_beat_ < journal_.beats_.size();
    return is_stopped_ || (is_behind && !is_cut_);
  };
  journal_.changed_.wait_for(lock, wait, has_news);
  if (is_stopped_) return Failure(ErrorCode::cancelled);
  hub::JournalBatch batch;
  batch.end = static_cast<std::int64_t>(journal_.records_.size());
  if (is_cut_) return batch;
  const auto end = holds_entries_ ? next_ : std::min(next_ + max, journal_.records_.size());
  for (; next_ < end; ++next_) batch.records.push_back(journal_.records_[next_]);
  for (; next_beat_ < journal_.beats_.size() && !holds_beats_; ++next_beat_)
    batch.beats.push_back(journal_.beats_[next_beat_]);
  return batch;
}

void MemoryJournal::Line::stop() {
  const std::lock_guard lock(journal_.mutex_);
  is_stopped_ = true;
  journal_.changed_.notify_all();
}

void MemoryJournal::Line::cut(bool is_cut) {
  const std::lock_guard lock(journal_.mutex_);
  is_cut_ = is_cut;
  journal_.changed_.notify_all();
}

void MemoryJournal::Line::hold_reading(bool is_held) {
  const std::lock_guard lock(journal_.mutex_);
  holds_entries_ = holds_beats_ = is_held;
  journal_.changed_.notify_all();
}

void MemoryJournal::Line::hold_entries(bool is_held) {
  const std::lock_guard lock(journal_.mutex_);
  holds_entries_ = is_held;
  journal_.changed_.notify_all();
}

void MemoryJournal::Line::hold_reports(bool is_held) {
  const std::lock_guard lock(journal_.mutex_);
  holds_reports_ = is_held;
}

void MemoryJournal::Line::report(const Result<void>& kept) {
  std::vector<Kept> held;
  {
    const std::lock_guard lock(journal_.mutex_);
    held.swap(held_);
  }
  for (const auto& one : held) one(kept);
}

void MemoryJournal::put(std::string value) {
  const std::lock_guard lock(mutex_);
  add("nobody", std::move(value));
}

void MemoryJournal::leave_out_next() {
  const std::lock_guard lock(mutex_);
  ++left_out_;
}

void MemoryJournal::add(std::string key, std::string value) {
  const auto offset = static_cast<std::int64_t>(records_.size()) + left_out_;
  records_.push_back({offset, std::move(key), std::move(value)});
  changed_.notify_all();
}

std::vector<hub::JournalRecord> MemoryJournal::records() const {
  const std::lock_guard lock(mutex_);
  return records_;
}

}  // namespace truc::test
