// DocumentStore on RocksDB: one database, one committing thread.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "hub/ports/document_store.hpp"
#include "hub/store/database.hpp"
#include "hub/store/entries.hpp"
#include "hub/store/group_committer.hpp"
#include "hub/store/shared_change.hpp"

namespace truc::hub {

// How what is accepted comes into the mailboxes.
struct StoreSettings {
  // The log that brings it, by the name under which feed() keeps its offsets. None: the write that
  // accepts an item puts its deliveries into their mailboxes too, and there is no outbox.
  std::optional<std::string> log_name = {};
  // Of several hubs that keep the same store: what is submitted goes there and comes back by
  // replay(). Not together with log_name. Outlives the store.
  ChangeLog* journal = nullptr;
  // Without a log: hears of deliveries once they are durable, on the store's thread; must only
  // post.
  std::function<void(const std::vector<MailedDelivery>&)> mailed = {};
  Quiet quiet = {};
};

class RocksStore final : public DocumentStore {
 public:
  // All outlive the store. What an earlier run left in the outbox for a log goes into the mailboxes
  // when there is none now. Failures: storage_failed, storage_corrupt, journal_mismatch (made from
  // a journal, and opened without one).
  static Result<std::unique_ptr<RocksStore>> open(Database& database, const Clock& clock,
                                                  telemetry::Log& log, StoreSettings settings);
  // Finishes what was submitted. Nobody may be inside a function by then.
  ~RocksStore() override;

  void commit(NewTransfer transfer, CommitDone done) override;
  void commit(RecipientReceipt receipt, CommitDone done) override;
  void acknowledge(std::vector<DeliveryId> deliveries, CommitDone done) override;

  Result<StagedUpload> stage(const SystemId& system, const Sha256& sha256, std::uint64_t total,
                             std::uint64_t offset, std::string part) override;
  Result<StagedUpload> staged(const SystemId& system, const Sha256& sha256) override;
  Result<std::string> read_attachment(const Sha256& sha256, std::uint64_t offset) override;
  // Drops uploads untouched for kStagedAgeMax; to be called now and then. Returns how many.
  Result<std::size_t> remove_stale_uploads(Time now);

  Result<std::optional<TransferId>> find(const AgencyCode& sender,
                                         const DocumentId& document_id) override;
  Result<std::shared_ptr<const TransferRecord>> transfer(const TransferId& id) override;
  Result<std::shared_ptr<const std::string>> bytes(const TransferId& id) override;
  Result<DeliveryState> delivery_state(const DeliveryId& id) override;
  Result<std::vector<HistoryEvent>> history(const TransferId& document) override;
  Result<std::vector<MailboxEntry>> mailbox(const std::vector<AgencyCode>& agencies,
                                            const PageSize& most) override;
  Result<std::vector<TransferSummary>> latest(std::size_t max) override;

  Result<std::vector<OutboxEntry>> outbox(std::uint64_t after, std::size_t max,
                                          std::chrono::milliseconds wait) override;
  Result<void> outbox_done(std::uint64_t sequence) override;
  std::uint64_t outbox_depth() override;
  void stop_waiting() override;

  Result<std::vector<MailedDelivery>> feed(std::span<const ReadRecord> records,
                                           std::span<const NextOffset> next) override;
  Result<std::int64_t> next_offset(Partition partition) override;

  // --- With a journal, for the one thread that reads it.
  // Failure: journal_mismatch when the store was made from another journal, or from none.
  Result<void> bind_to_journal(const std::string& name);
  Result<JournalPosition> journal_position() const;
  // The change that another hub has proposed; a MemberChange is none.
  std::unique_ptr<Change> change_of(Entry entry);
  // Makes the changes, in this order, and notes the place behind them, in one write; finishes each.
  // Durable in so far as the journal is: after a power cut the same is to be replayed again.
  Result<void> replay(std::vector<std::unique_ptr<Change>> changes, JournalPosition position);

  // Finishes everything submitted; what comes later is refused with shutting_down.
  void stop();

  const CommitterCounters& counters() const;

 private:
  struct Parts;
  explicit RocksStore(std::unique_ptr<Parts> parts);

  std::unique_ptr<Parts> parts_;
};

}  // namespace truc::hub
