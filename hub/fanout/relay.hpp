// From the outbox to the log: every accepted item becomes a record for each addressee, in order.
//
// At least once: an entry leaves the outbox after all its records were appended, so a stop between
// the two repeats records, which the mailboxes recognise. A failing log is tried again without end;
// nothing is skipped.
#pragma once

#include <atomic>
#include <functional>
#include <vector>

#include "hub/ports/document_store.hpp"
#include "hub/ports/event_log.hpp"
#include "hub/worker/retrying_thread.hpp"

namespace truc::hub {

struct RelayCounters {
  std::atomic<std::uint64_t> transfers{0};
  std::atomic<std::uint64_t> records{0};
};

class Relay {
 public:
  // Of several hubs with the same outbox one relays it: whether this one does, now.
  using IsOurs = std::function<bool()>;
  // All outlive the relay.
  Relay(
      DocumentStore& store, EventLogWriter& log_writer, telemetry::Log& log,
      RetryPauses pauses = {}, IsOurs is_ours = [] { return true; });
  ~Relay();

  void start();
  // Ends the store's waiting too. An append under way is finished first: a writer that may block
  // has to be told before.
  void stop();

  const RelayCounters& counters() const { return counters_; }
  std::uint64_t failures() const { return thread_.failures(); }

 private:
  Result<void> step();
  Result<void> wait_for_turn();
  void fill();

  DocumentStore& store_;
  EventLogWriter& log_writer_;
  const IsOurs is_ours_;
  RelayCounters counters_;

  // The thread's own: the entries taken from the outbox, how far they were turned into records, and
  // the records that wait to be appended.
  std::vector<OutboxEntry> entries_;
  std::size_t entry_ = 0;
  std::uint32_t addressee_ = 0;
  std::vector<LogRecord> records_;
  std::uint64_t relayed_ = 0;

  RetryingThread thread_;
};

}  // namespace truc::hub
