// A DocumentStore in memory, with the contract of the port, for tests of the hub's domain: commits
// can be held back, refused, or let through; what is committed stands in the mailboxes at once.
#pragma once

#include <deque>
#include <map>
#include <mutex>
#include <set>

#include "hub/ports/document_store.hpp"

namespace truc::testing {

class FakeStore final : public hub::DocumentStore {
 public:
  // --- What a test arranges.
  void hold_commits();     // completions wait for release_commits()
  void release_commits();  // runs them, as a store's thread would after the fsync
  std::size_t held_commits() const;
  void fail_next_commit(ErrorCode code);  // nothing is kept then
  void fail_reads(std::optional<ErrorCode> code);
  void put_blob(const SystemId& system, const Sha256& sha256, std::string bytes);

  // --- What a test looks at.
  std::size_t transfers() const;
  std::vector<std::shared_ptr<const hub::TransferRecord>> of_kind(delivery::ItemKind kind) const;

  // --- The port.
  void commit(hub::NewTransfer transfer, hub::CommitDone done) override;
  void commit(hub::RecipientReceipt receipt, hub::CommitDone done) override;
  void acknowledge(std::vector<DeliveryId> deliveries, hub::CommitDone done) override;
  Result<hub::StagedUpload> stage(const SystemId& system, const Sha256& sha256, std::uint64_t total,
                                  std::uint64_t offset, std::string part) override;
  Result<hub::StagedUpload> staged(const SystemId& system, const Sha256& sha256) override;
  Result<std::string> read_attachment(const Sha256& sha256, std::uint64_t offset) override;
  Result<std::optional<TransferId>> find(const AgencyCode& sender,
                                         const DocumentId& document_id) override;
  Result<std::shared_ptr<const hub::TransferRecord>> transfer(const TransferId& id) override;
  Result<std::shared_ptr<const std::string>> bytes(const TransferId& id) override;
  Result<hub::DeliveryState> delivery_state(const DeliveryId& id) override;
  Result<std::vector<hub::HistoryEvent>> history(const TransferId& document) override;
  Result<std::vector<hub::MailboxEntry>> mailbox(const std::vector<AgencyCode>& agencies,
                                                 const hub::PageSize& most) override;
  Result<std::vector<hub::TransferSummary>> latest(std::size_t max) override;
  Result<std::vector<hub::OutboxEntry>> outbox(std::uint64_t after, std::size_t max,
                                               std::chrono::milliseconds wait) override;
  Result<void> outbox_done(std::uint64_t sequence) override;
  std::uint64_t outbox_depth() override;
  void stop_waiting() override {}
  Result<std::vector<hub::MailedDelivery>> feed(std::span<const hub::ReadRecord> records,
                                                std::span<const hub::NextOffset> next) override;
  Result<std::int64_t> next_offset(hub::Partition partition) override;

 private:
  struct Upload {
    std::string bytes;
    std::uint64_t total = 0;
  };
  void complete(hub::CommitDone done, Result<hub::Durable> outcome);
  std::optional<ErrorCode> take_failure();
  Result<hub::Durable> apply(hub::NewTransfer transfer);
  Result<hub::Durable> apply(hub::RecipientReceipt receipt);
  Result<void> readable() const;

  mutable std::mutex mutex_;
  bool is_holding_ = false;
  std::deque<std::function<void()>> held_;
  std::optional<ErrorCode> next_failure_;
  std::optional<ErrorCode> read_failure_;

  std::map<TransferId, std::shared_ptr<const hub::TransferRecord>> transfers_;
  std::map<TransferId, std::shared_ptr<const std::string>> bytes_;
  std::map<std::pair<AgencyCode, DocumentId>, TransferId> identities_;
  std::map<DeliveryId, hub::DeliveryState> states_;
  std::set<DeliveryId> mailbox_;
  std::map<TransferId, std::vector<hub::HistoryEvent>> history_;
  std::map<std::pair<SystemId, Sha256>, Upload> staged_;
  std::map<Sha256, std::string> blobs_;
};

}  // namespace truc::testing
