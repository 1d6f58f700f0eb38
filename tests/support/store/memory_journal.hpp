// A journal in memory that several hubs share, and that can be cut off from each of them.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "hub/ports/journal.hpp"

namespace truc::test {

class MemoryJournal {
 public:
  explicit MemoryJournal(std::string name = "memory") : name_(std::move(name)) {}

  // What one hub holds of it. Outlived by the journal.
  class Line final : public hub::Journal {
   public:
    explicit Line(MemoryJournal& journal) : journal_(journal) {}

    void append(std::string key, std::string value, Kept kept) override;
    void beat(std::string value) override;
    Result<std::string> name() override { return journal_.name_; }
    Result<std::int64_t> end() override;
    Result<void> start(std::int64_t offset) override;
    Result<hub::JournalBatch> read(std::size_t max, std::size_t bytes_max,
                                   std::chrono::milliseconds wait) override;
    void stop() override;

    // Nothing goes in or out any more, or again: appends fail at once.
    void cut(bool is_cut);
    // What comes is kept from this hub, all of it or the entries alone, and what it sends goes out.
    void hold_reading(bool is_held);
    void hold_entries(bool is_held);
    // What is appended stands in the journal, and its report comes with report().
    void hold_reports(bool is_held);
    void report(const Result<void>& kept);

   private:
    MemoryJournal& journal_;
    bool is_cut_ = false;  // these: guarded by the journal's mutex
    bool is_stopped_ = false;
    bool holds_reports_ = false;
    bool holds_entries_ = false;
    bool holds_beats_ = false;
    std::vector<Kept> held_;
    std::size_t next_ = 0;
    std::size_t next_beat_ = 0;
  };

  // Puts something there that no hub has proposed.
  void put(std::string value);
  // The offset of the next record is given to none.
  void leave_out_next();
  std::vector<hub::JournalRecord> records() const;

 private:
  void add(std::string key, std::string value);  // mutex_ is held

  const std::string name_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<hub::JournalRecord> records_;
  std::vector<std::string> beats_;
  std::int64_t left_out_ = 0;
};

}  // namespace truc::test
