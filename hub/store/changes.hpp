// The decisions behind DocumentStore's writes; each runs on the committer's thread.
#pragma once

#include <future>
#include <optional>
#include <vector>

#include "hub/store/shared_change.hpp"
#include "hub/store/store_state.hpp"

namespace truc::hub {

// Whether a decision failed for want of what the store should have told.
template <class T>
std::optional<Failure> trouble_in(const std::optional<Result<T>>& decision) {
  if (!decision || *decision) return std::nullopt;
  const auto code = decision->error().code();
  const bool is_unread = code == ErrorCode::storage_failed || code == ErrorCode::storage_corrupt;
  return is_unread ? std::optional(decision->error()) : std::nullopt;
}

// One whose outcome goes to a callback as the proof of durability.
class ProvenChange : public SharedChange {
 public:
  Sync sync() const final { return Sync::yes; }
  void decide(WriteSet& writes) final;
  std::optional<Failure> trouble() const final { return trouble_in(decision_); }
  void finish(const Result<void>& written) final;

 protected:
  ProvenChange(StoreState& state, CommitDone done) : state_(state), done_(std::move(done)) {}

  struct Decision {
    Durable::Outcome outcome;
    TransferId transfer;
    std::string receipt;
  };
  virtual Result<Decision> resolve(WriteSet& writes) = 0;
  // Adds an item that is shown to those who wait for it when the write is durable.
  void put_item(WriteSet& writes, NewTransfer item, std::string_view packed) {
    entry_ = state_.put(writes, std::move(item), packed);
  }

  StoreState& state_;

 private:
  CommitDone done_;
  std::optional<Result<Decision>> decision_;
  std::optional<OutboxEntry> entry_;
};

class AcceptChange final : public ProvenChange {
 public:
  AcceptChange(StoreState& state, NewTransfer item, CommitDone done);
  std::size_t bytes() const override;
  std::string entry() const override;

 private:
  Result<Decision> resolve(WriteSet& writes) override;
  // Failure: document_conflict when the sender used the DocumentId under another of its codes.
  Result<void> require_unused(WriteSet& writes) const;

  NewTransfer item_;
  const std::string packed_;  // its bytes, by the thread that hands it in
};

class ReceiptChange final : public ProvenChange {
 public:
  ReceiptChange(StoreState& state, RecipientReceipt receipt, CommitDone done);
  std::size_t bytes() const override;
  std::string entry() const override;

 private:
  Result<Decision> resolve(WriteSet& writes) override;

  RecipientReceipt receipt_;
};

class AcknowledgeChange final : public ProvenChange {
 public:
  AcknowledgeChange(StoreState& state, std::vector<DeliveryId> deliveries, CommitDone done);
  std::size_t bytes() const override;
  std::string entry() const override;

 private:
  Result<Decision> resolve(WriteSet& writes) override;

  std::vector<DeliveryId> deliveries_;
};

// What the relay has brought to the level topics leaves the outbox.
class RelayedChange final : public SharedChange {
 public:
  RelayedChange(StoreState& state, std::uint64_t sequence) : state_(state), sequence_(sequence) {}
  std::size_t bytes() const override { return 0; }
  Sync sync() const override { return Sync::no; }
  std::string entry() const override;
  void decide(WriteSet&) override {}
  std::optional<Failure> trouble() const override { return std::nullopt; }
  void finish(const Result<void>& written) override;

 private:
  StoreState& state_;
  std::uint64_t sequence_;
};

// What the journal has brought, in one write with the place behind it. The hubs name items and
// uploads to each other by their numbers, so a write that fails must not have used any up. What one
// of them could not decide because its store could not be read, the others have decided: nothing of
// it is written, and it is read again.
class ReplayChange final : public Change {
 public:
  // `changes` may be finished by it only.
  ReplayChange(StoreState& state, std::vector<std::unique_ptr<Change>> changes,
               JournalPosition position)
      : state_(state), changes_(std::move(changes)), position_(std::move(position)) {}
  std::future<Result<void>> outcome() { return promise_.get_future(); }
  std::size_t bytes() const override;
  // The journal can be read again from the offset that is written with it.
  Sync sync() const override { return Sync::no; }
  void decide(WriteSet& writes) override;
  std::optional<Failure> trouble() const override { return trouble_; }
  Result<void> may_be_written() const override;
  void finish(const Result<void>& written) override;

 private:
  StoreState& state_;
  std::optional<Failure> trouble_;
  std::vector<std::unique_ptr<Change>> changes_;
  JournalPosition position_;
  std::optional<StoreState::Numbers> before_;
  std::promise<Result<void>> promise_;
};

// One whose caller waits for the outcome.
template <class T, class Kind = Change>
class AwaitedChange : public Kind {
 public:
  std::future<Result<T>> outcome() { return promise_.get_future(); }

  void decide(WriteSet& writes) final { decision_.emplace(resolve(writes)); }
  std::optional<Failure> trouble() const final { return trouble_in(decision_); }
  void finish(const Result<void>& written) final {
    if (decision_ && !*decision_) {
      promise_.set_value(std::move(*decision_));
    } else if (!written) {
      promise_.set_value(written.error());
    } else {
      promise_.set_value(std::move(*decision_));
    }
  }

 protected:
  virtual Result<T> resolve(WriteSet& writes) = 0;

 private:
  std::promise<Result<T>> promise_;
  std::optional<Result<T>> decision_;
};

// Waits on the calling thread, which is never the committer's.
template <class T>
Result<T> commit_and_wait(GroupCommitter& committer, std::unique_ptr<AwaitedChange<T>> change) {
  auto outcome = change->outcome();
  committer.submit(std::move(change), GroupCommitter::Admission::always);
  return outcome.get();
}

// The way in of changes that several hubs make: to the journal where there is one, else to the
// committer.
class Intake {
 public:
  // All outlive it. `journal` may be null.
  Intake(GroupCommitter& committer, ChangeLog* journal)
      : committer_(committer), journal_(journal) {}

  void submit(std::unique_ptr<SharedChange> change, GroupCommitter::Admission admission) {
    if (journal_ != nullptr) return journal_->propose(std::move(change));
    committer_.submit(std::move(change), admission);
  }
  // Waits on the calling thread, which is never the committer's or the journal's.
  template <class T>
  Result<T> submit_and_wait(std::unique_ptr<AwaitedChange<T, SharedChange>> change) {
    auto outcome = change->outcome();
    submit(std::move(change), GroupCommitter::Admission::always);
    return outcome.get();
  }

 private:
  GroupCommitter& committer_;
  ChangeLog* journal_;
};

// A record of the log as the mailbox takes it.
struct FedRecord {
  std::int64_t offset;
  MailboxEntry entry;
};

class FeedChange final : public AwaitedChange<std::vector<MailedDelivery>> {
 public:
  FeedChange(StoreState& state, std::vector<FedRecord> records, std::span<const NextOffset> next);
  std::size_t bytes() const override;
  // The log can be read again from the offset that is written with the records: a power cut takes
  // both or neither.
  Sync sync() const override { return Sync::no; }

 private:
  Result<std::vector<MailedDelivery>> resolve(WriteSet& writes) override;

  StoreState& state_;
  std::vector<FedRecord> records_;
  std::span<const NextOffset> next_;  // owned by the caller who waits
};

}  // namespace truc::hub
