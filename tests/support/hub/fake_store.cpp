#include "tests/support/hub/fake_store.hpp"

#include <algorithm>

#include "pki/crypto/digest.hpp"

namespace truc::testing {

using hub::Durable;
using hub::DurableMaker;

void FakeStore::hold_commits() {
  const std::lock_guard lock(mutex_);
  is_holding_ = true;
}

void FakeStore::release_commits() {
  std::deque<std::function<void()>> ready;
  {
    const std::lock_guard lock(mutex_);
    is_holding_ = false;
    ready.swap(held_);
  }
  for (const auto& completion : ready) completion();
}

std::size_t FakeStore::held_commits() const {
  const std::lock_guard lock(mutex_);
  return held_.size();
}

void FakeStore::fail_next_commit(ErrorCode code) {
  const std::lock_guard lock(mutex_);
  next_failure_ = code;
}

void FakeStore::fail_reads(std::optional<ErrorCode> code) {
  const std::lock_guard lock(mutex_);
  read_failure_ = code;
}

void FakeStore::put_blob(const SystemId& system, const Sha256& sha256, std::string bytes) {
  const std::lock_guard lock(mutex_);
  const auto total = bytes.size();
  staged_[{system, sha256}] = Upload{std::move(bytes), total};
}

std::size_t FakeStore::transfers() const {
  const std::lock_guard lock(mutex_);
  return transfers_.size();
}

std::vector<std::shared_ptr<const hub::TransferRecord>> FakeStore::of_kind(
    delivery::ItemKind kind) const {
  const std::lock_guard lock(mutex_);
  std::vector<std::shared_ptr<const hub::TransferRecord>> found;
  for (const auto& [id, record] : transfers_) {
    if (record->kind == kind) found.push_back(record);
  }
  return found;
}

std::optional<ErrorCode> FakeStore::take_failure() {
  return std::exchange(next_failure_, {});
}

void FakeStore::complete(hub::CommitDone done, Result<Durable> outcome) {
  {
    const std::lock_guard lock(mutex_);
    if (is_holding_) {
      held_.push_back([done, outcome] { done(outcome); });
      return;
    }
  }
  done(std::move(outcome));
}

void FakeStore::commit(hub::NewTransfer transfer, hub::CommitDone done) {
  std::optional<Result<Durable>> outcome;
  {
    const std::lock_guard lock(mutex_);
    const auto failure = take_failure();
    outcome.emplace(failure ? Result<Durable>(*failure) : apply(std::move(transfer)));
  }
  complete(std::move(done), std::move(*outcome));
}

void FakeStore::commit(hub::RecipientReceipt receipt, hub::CommitDone done) {
  std::optional<Result<Durable>> outcome;
  {
    const std::lock_guard lock(mutex_);
    const auto failure = take_failure();
    outcome.emplace(failure ? Result<Durable>(*failure) : apply(std::move(receipt)));
  }
  complete(std::move(done), std::move(*outcome));
}

Result<Durable> FakeStore::apply(hub::NewTransfer transfer) {
  const auto& record = transfer.record;
  const auto identity = std::pair(record.sender, record.document_id);
  if (const auto known = identities_.find(identity); known != identities_.end()) {
    const auto& before = transfers_.at(known->second);
    if (before->sha256 != record.sha256) return ErrorCode::document_conflict;
    return DurableMaker::make(Durable::Outcome::repeated, before->id, before->receipt);
  }
  for (const AgencyCode& code : transfer.other_codes) {
    if (identities_.contains({code, record.document_id})) return ErrorCode::document_conflict;
  }
  for (const auto& attachment : record.attachments) {
    const auto upload =
        transfer.uploader ? staged_.find({*transfer.uploader, attachment.sha256}) : staged_.end();
    if (upload == staged_.end())
      return Failure(ErrorCode::attachment_missing).found(attachment.sha256.hex());
    blobs_[attachment.sha256] = upload->second.bytes;
  }
  identities_.emplace(identity, record.id);
  for (std::uint32_t i = 0; i < record.addressees.size(); ++i) {
    const DeliveryId delivery{record.id, i};
    states_[delivery].mailed_at = record.accepted_at;
    mailbox_.insert(delivery);
  }
  history_[transfer.history_of].push_back(transfer.history);
  bytes_.emplace(record.id, transfer.bytes);
  const auto kept = std::make_shared<const hub::TransferRecord>(std::move(transfer.record));
  transfers_.emplace(kept->id, kept);
  return DurableMaker::make(Durable::Outcome::stored, kept->id, kept->receipt);
}

Result<Durable> FakeStore::apply(hub::RecipientReceipt receipt) {
  const auto state = states_.find(receipt.delivery);
  if (state == states_.end()) return ErrorCode::delivery_unknown;
  auto& kept =
      receipt.is_registered ? state->second.registered_receipt : state->second.delivered_receipt;
  if (!kept.empty() && kept != receipt.receipt) return ErrorCode::receipt_conflict;
  if (kept == receipt.receipt)
    return DurableMaker::make(Durable::Outcome::repeated, receipt.delivery.transfer, kept);
  kept = receipt.receipt;
  (receipt.is_registered ? state->second.registered_at : state->second.delivered_at) = receipt.at;
  if (!receipt.is_registered) mailbox_.erase(receipt.delivery);
  TRUC_TRY(apply(std::move(receipt.to_sender)));
  return DurableMaker::make(Durable::Outcome::stored, receipt.delivery.transfer, kept);
}

void FakeStore::acknowledge(std::vector<DeliveryId> deliveries, hub::CommitDone done) {
  std::optional<Result<Durable>> outcome;
  {
    const std::lock_guard lock(mutex_);
    const auto failure = take_failure();
    if (failure) {
      outcome.emplace(*failure);
    } else if (!std::ranges::all_of(deliveries, [this](const DeliveryId& delivery) {
                 return states_.contains(delivery);
               })) {
      outcome.emplace(ErrorCode::delivery_unknown);
    } else {
      std::size_t taken = 0;
      for (const DeliveryId& delivery : deliveries) taken += mailbox_.erase(delivery);
      outcome.emplace(
          DurableMaker::make(taken > 0 ? Durable::Outcome::stored : Durable::Outcome::repeated,
                             deliveries.front().transfer, {}));
    }
  }
  complete(std::move(done), std::move(*outcome));
}

Result<hub::StagedUpload> FakeStore::stage(const SystemId& system, const Sha256& sha256,
                                           std::uint64_t total, std::uint64_t offset,
                                           std::string part) {
  const std::lock_guard lock(mutex_);
  Upload& upload = staged_[{system, sha256}];
  if (offset != upload.bytes.size()) return ErrorCode::malformed_range;
  upload.total = total;
  upload.bytes += part;
  const bool is_complete = upload.bytes.size() == total;
  if (is_complete && pki::sha256(upload.bytes) != sha256) {
    staged_.erase({system, sha256});
    return ErrorCode::attachment_mismatch;
  }
  return hub::StagedUpload{upload.bytes.size(), is_complete};
}

Result<hub::StagedUpload> FakeStore::staged(const SystemId& system, const Sha256& sha256) {
  const std::lock_guard lock(mutex_);
  const auto upload = staged_.find({system, sha256});
  if (upload == staged_.end()) return hub::StagedUpload{};
  const auto received = upload->second.bytes.size();
  return hub::StagedUpload{received, received == upload->second.total};
}

Result<std::string> FakeStore::read_attachment(const Sha256& sha256, std::uint64_t offset) {
  const std::lock_guard lock(mutex_);
  TRUC_TRY(readable());
  const auto blob = blobs_.find(sha256);
  if (blob == blobs_.end()) return ErrorCode::not_found;
  if (offset >= blob->second.size()) return std::string();
  constexpr std::size_t kSmallChunk = 1'000;  // so that a test needs several
  return blob->second.substr(static_cast<std::size_t>(offset), kSmallChunk);
}

Result<void> FakeStore::readable() const {
  if (read_failure_) return *read_failure_;
  return success();
}

Result<std::optional<TransferId>> FakeStore::find(const AgencyCode& sender,
                                                  const DocumentId& document_id) {
  const std::lock_guard lock(mutex_);
  TRUC_TRY(readable());
  const auto found = identities_.find({sender, document_id});
  return found == identities_.end() ? std::nullopt : std::optional(found->second);
}

Result<std::shared_ptr<const hub::TransferRecord>> FakeStore::transfer(const TransferId& id) {
  const std::lock_guard lock(mutex_);
  TRUC_TRY(readable());
  const auto found = transfers_.find(id);
  return found == transfers_.end() ? nullptr : found->second;
}

Result<std::shared_ptr<const std::string>> FakeStore::bytes(const TransferId& id) {
  const std::lock_guard lock(mutex_);
  TRUC_TRY(readable());
  const auto found = bytes_.find(id);
  return found == bytes_.end() ? nullptr : found->second;
}

Result<hub::DeliveryState> FakeStore::delivery_state(const DeliveryId& id) {
  const std::lock_guard lock(mutex_);
  TRUC_TRY(readable());
  const auto found = states_.find(id);
  return found == states_.end() ? hub::DeliveryState{} : found->second;
}

Result<std::vector<hub::HistoryEvent>> FakeStore::history(const TransferId& document) {
  const std::lock_guard lock(mutex_);
  TRUC_TRY(readable());
  const auto found = history_.find(document);
  return found == history_.end() ? std::vector<hub::HistoryEvent>() : found->second;
}

Result<std::vector<hub::MailboxEntry>> FakeStore::mailbox(const std::vector<AgencyCode>& agencies,
                                                          const hub::PageSize& most) {
  const std::lock_guard lock(mutex_);
  TRUC_TRY(readable());
  std::vector<hub::MailboxEntry> entries;
  for (const DeliveryId& id : mailbox_) {
    const auto& record = transfers_.at(id.transfer);
    if (std::ranges::find(agencies, record->addressees[id.index].recipient) == agencies.end())
      continue;
    const bool is_with_it =
        record->kind == delivery::ItemKind::receipt || record->size <= most.items_bytes;
    entries.push_back(
        hub::MailboxEntry{record, id.index, is_with_it ? bytes_.at(record->id) : nullptr});
  }
  std::ranges::sort(entries, {}, [](const hub::MailboxEntry& entry) {
    return std::pair(-static_cast<int>(entry.transfer->priority), entry.delivery());
  });
  if (entries.size() > most.entries)
    entries.erase(entries.begin() + static_cast<std::ptrdiff_t>(most.entries), entries.end());
  return entries;
}

Result<std::vector<hub::TransferSummary>> FakeStore::latest(std::size_t max) {
  const std::lock_guard lock(mutex_);
  TRUC_TRY(readable());
  std::vector<hub::TransferSummary> summaries;
  for (auto entry = transfers_.rbegin(); entry != transfers_.rend(); ++entry) {
    if (entry->second->kind != delivery::ItemKind::document) continue;
    if (summaries.size() == max) break;
    hub::TransferSummary summary{entry->second, {}};
    for (std::uint32_t i = 0; i < entry->second->addressees.size(); ++i)
      summary.deliveries.push_back(states_.at(DeliveryId{entry->first, i}));
    summaries.push_back(std::move(summary));
  }
  return summaries;
}

// What is committed is mailed at once here: there is nothing to relay.
Result<std::vector<hub::OutboxEntry>> FakeStore::outbox(std::uint64_t, std::size_t,
                                                        std::chrono::milliseconds) {
  return std::vector<hub::OutboxEntry>();
}
Result<void> FakeStore::outbox_done(std::uint64_t) {
  return success();
}
std::uint64_t FakeStore::outbox_depth() {
  return 0;
}
Result<std::vector<hub::MailedDelivery>> FakeStore::feed(std::span<const hub::ReadRecord>,
                                                         std::span<const hub::NextOffset>) {
  return std::vector<hub::MailedDelivery>();
}
Result<std::int64_t> FakeStore::next_offset(hub::Partition) {
  return 0;
}

}  // namespace truc::testing
