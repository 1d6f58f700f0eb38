// The log that several hubs share: every change of their stores in one order, which each of them
// reads from its beginning. Beside it go heartbeats, which nobody keeps.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "schemas/base/result.hpp"

namespace truc::hub {

struct JournalRecord {
  std::int64_t offset = 0;
  std::string key;
  std::string value;
};

struct JournalBatch {
  std::vector<JournalRecord> records;  // in their order, without gaps
  std::vector<std::string> beats;      // heartbeats since the reader started
  std::int64_t end = 0;                // offset behind the newest record that is known of
};

class Journal {
 public:
  virtual ~Journal() = default;

  // Runs once, on a thread of the journal; must only post.
  using Kept = std::function<void(const Result<void>&)>;
  // Any thread. Kept by every replica in sync when `kept` says so; after a failure the record may
  // stand in the journal or not. Failures: event_log_failed, cancelled.
  virtual void append(std::string key, std::string value, Kept kept) = 0;
  // Any thread. May be lost.
  virtual void beat(std::string value) = 0;

  // --- The reading thread's.
  // Which journal this is, as no other cluster and topic is called. Failure: event_log_failed.
  virtual Result<std::string> name() = 0;
  // The offset behind everything that stood in the journal when this was called, or more. Failure:
  // event_log_failed.
  virtual Result<std::int64_t> end() = 0;
  // Failures: event_log_failed; journal_mismatch when the journal has no record at `offset` and
  // never will.
  virtual Result<void> start(std::int64_t offset) = 0;
  // Up to `max` records and about `bytes_max`; empty when `wait` passes without any. Failures as of
  // start(), after which it has to be started again; cancelled after stop().
  virtual Result<JournalBatch> read(std::size_t max, std::size_t bytes_max,
                                    std::chrono::milliseconds wait) = 0;
  // Ends the waiting, and every append with cancelled. From any thread.
  virtual void stop() = 0;
};

}  // namespace truc::hub
