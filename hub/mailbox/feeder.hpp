// From the log into the mailboxes: this process's share of the partitions, each in its own order.
//
// The records and the offset behind them are one write, so after any stop the log is read on from
// exactly where the mailboxes stand.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <vector>

#include "hub/ports/document_store.hpp"
#include "hub/ports/event_log.hpp"
#include "hub/worker/retrying_thread.hpp"

namespace truc::hub {

struct FeederCounters {
  std::atomic<std::uint64_t> records{0};    // read from the log
  std::atomic<std::uint64_t> mailed{0};     // of these, new in a mailbox
  std::atomic<std::uint64_t> malformed{0};  // of these, left out
  std::atomic<std::uint64_t> gaps{0};       // places where the log did not have what was wanted
};

class Feeder final : private PartitionOwner {
 public:
  // On the feeder's thread, with what came into mailboxes; must only post.
  using Notify = std::function<void(const std::vector<MailedDelivery>&)>;

  // All outlive the feeder.
  Feeder(EventLogReader& reader, DocumentStore& store, telemetry::Log& log, Notify notify,
         RetryPauses pauses = {});
  ~Feeder();

  void start();
  // Ends the reader's waiting too.
  void stop();

  const FeederCounters& counters() const { return counters_; }
  std::uint64_t failures() const { return thread_.failures(); }

 private:
  Result<std::int64_t> partition_assigned(Partition partition) override;
  void partition_revoked(Partition partition) override;

  Result<void> step();
  Result<void> feed(std::span<const ReadRecord> records);
  void look_for_gap(Partition partition, std::int64_t offset);

  EventLogReader& reader_;
  DocumentStore& store_;
  telemetry::Log& log_;
  const Notify notify_;
  FeederCounters counters_;

  // The thread's own.
  bool is_reader_started_ = false;
  std::map<Partition, std::int64_t> expected_;
  std::vector<ReadRecord> pending_;  // read and not yet in the mailboxes

  RetryingThread thread_;
};

}  // namespace truc::hub
