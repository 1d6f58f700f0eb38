#include "hub/store/changes.hpp"

#include "hub/store/entries.hpp"
#include "hub/store/keys.hpp"
#include "hub/store/packing.hpp"
#include "hub/store/records.hpp"
#include "hub/store/staging.hpp"
#include "schemas/base/check.hpp"

namespace truc::hub {
namespace {

Failure unknown(const DeliveryId& delivery) {
  return Failure(ErrorCode::delivery_unknown).found(delivery.text());
}

// Null, as well as a transfer without that addressee, means delivery_unknown.
Result<std::shared_ptr<const TransferRecord>> transfer_of(StoreState& state, const WriteSet& writes,
                                                          const DeliveryId& delivery) {
  TRUC_TRY(auto transfer, state.transfer(writes, delivery.transfer));
  if (!transfer || delivery.index >= transfer->addressees.size()) return unknown(delivery);
  return transfer;
}

const std::string& bytes_of(const NewTransfer& item) {
  TRUC_CHECK(item.bytes != nullptr, "an item comes with its bytes");
  return *item.bytes;
}

void take_off_mailbox(StoreState& state, WriteSet& writes, const TransferRecord& transfer,
                      const DeliveryId& delivery, const records::DeliveryRow& row) {
  const bool is_brought = row.mailed_at.has_value();
  if (!is_brought && !transfer.mailbox_position) return;
  const auto position = is_brought ? row.mailbox_position : *transfer.mailbox_position;
  const auto& recipient = transfer.addressees[delivery.index].recipient;
  state.database.erase(writes, Family::mailboxes,
                       keys::mailbox(recipient, transfer.priority, position, delivery));
}

}  // namespace

void ProvenChange::decide(WriteSet& writes) {
  decision_.emplace(resolve(writes));
}

void ProvenChange::finish(const Result<void>& written) {
  if (decision_ && !*decision_) return done_(decision_->error());
  if (!written) return done_(written.error());
  if (entry_) state_.show(std::move(*entry_));
  auto& decision = decision_->value();
  done_(DurableMaker::make(decision.outcome, decision.transfer, std::move(decision.receipt)));
}

AcceptChange::AcceptChange(StoreState& state, NewTransfer item, CommitDone done)
    : ProvenChange(state, std::move(done)),
      item_(std::move(item)),
      packed_(pack(bytes_of(item_))) {}

std::size_t AcceptChange::bytes() const {
  return packed_.size() + item_.record.receipt.size() +
         item_.record.addressees.size() * sizeof(Addressee);
}

std::string AcceptChange::entry() const {
  return to_entry(item_);
}

Result<ProvenChange::Decision> AcceptChange::resolve(WriteSet& writes) {
  const auto& record = item_.record;
  const auto identity =
      keys::identity(record.sender, record.kind, record.document_id, record.sha256);
  TRUC_TRY(const auto row, state_.database.get(writes, Family::identities, identity));
  if (row) {
    TRUC_TRY(const auto kept, records::decode_identity(*row));
    if (kept.sha256 != record.sha256) {
      return Failure(ErrorCode::document_conflict)
          .at("DocumentId")
          .expected(kept.sha256.hex())
          .found(record.sha256.hex());
    }
    TRUC_TRY(const auto first, state_.transfer(writes, kept.transfer));
    if (!first) return Failure(ErrorCode::storage_corrupt).at(kept.transfer.text());
    return Decision{Durable::Outcome::repeated, first->id, first->receipt};
  }
  TRUC_TRY(require_unused(writes));
  if (!record.attachments.empty()) {
    TRUC_CHECK(item_.uploader.has_value(), "attachments beside were uploaded by somebody");
    TRUC_TRY(Staging::take(state_, writes, *item_.uploader, record.attachments));
  }
  state_.database.put(writes, Family::identities, identity,
                      records::encode(records::IdentityRow{record.id, record.sha256}));
  Decision decision{Durable::Outcome::stored, record.id, record.receipt};
  put_item(writes, std::move(item_), packed_);
  return decision;
}

Result<void> AcceptChange::require_unused(WriteSet& writes) const {
  const auto& record = item_.record;
  for (const AgencyCode& code : item_.other_codes) {
    const auto identity = keys::identity(code, record.kind, record.document_id, record.sha256);
    TRUC_TRY(const auto row, state_.database.get(writes, Family::identities, identity));
    if (row) return Failure(ErrorCode::document_conflict).at("DocumentId").found(code.text());
  }
  return success();
}

ReceiptChange::ReceiptChange(StoreState& state, RecipientReceipt receipt, CommitDone done)
    : ProvenChange(state, std::move(done)), receipt_(std::move(receipt)) {}

std::size_t ReceiptChange::bytes() const {
  return receipt_.receipt.size() + bytes_of(receipt_.to_sender).size();
}

std::string ReceiptChange::entry() const {
  return to_entry(receipt_);
}

Result<ProvenChange::Decision> ReceiptChange::resolve(WriteSet& writes) {
  const auto& delivery = receipt_.delivery;
  TRUC_TRY(const auto transfer, transfer_of(state_, writes, delivery));
  TRUC_TRY(auto row, state_.delivery(writes, delivery));
  auto& kept = receipt_.is_registered ? row.registered : row.delivered;
  if (kept) {
    if (kept->text != receipt_.receipt)
      return Failure(ErrorCode::receipt_conflict).at(delivery.text());
    return Decision{Durable::Outcome::repeated, kept->carrier, kept->text};
  }
  const auto carrier = receipt_.to_sender.record.id;
  kept = records::KeptReceipt{receipt_.at, receipt_.receipt, carrier};
  if (!receipt_.is_registered) take_off_mailbox(state_, writes, *transfer, delivery, row);
  state_.put_delivery(writes, delivery, std::move(row));
  const auto bytes = state_.signers.shorten(writes, bytes_of(receipt_.to_sender));
  put_item(writes, std::move(receipt_.to_sender), bytes);
  return Decision{Durable::Outcome::stored, carrier, receipt_.receipt};
}

AcknowledgeChange::AcknowledgeChange(StoreState& state, std::vector<DeliveryId> deliveries,
                                     CommitDone done)
    : ProvenChange(state, std::move(done)), deliveries_(std::move(deliveries)) {
  TRUC_CHECK(!deliveries_.empty(), "something is taken off");
}

std::size_t AcknowledgeChange::bytes() const {
  constexpr std::size_t kOfOne = 128;
  return deliveries_.size() * kOfOne;
}

std::string AcknowledgeChange::entry() const {
  return to_entry(Acknowledgement{deliveries_});
}

Result<ProvenChange::Decision> AcknowledgeChange::resolve(WriteSet& writes) {
  struct Item {
    DeliveryId delivery;
    std::shared_ptr<const TransferRecord> transfer;
    records::DeliveryRow row;
  };
  std::vector<Item> items;  // nothing is written before all of them are known
  for (const DeliveryId& delivery : deliveries_) {
    TRUC_TRY(auto transfer, transfer_of(state_, writes, delivery));
    // A document or a status leaves its mailbox only for a signed receipt.
    if (transfer->kind != delivery::ItemKind::receipt) return unknown(delivery);
    TRUC_TRY(auto row, state_.delivery(writes, delivery));
    if (!row.acknowledged_at) items.push_back(Item{delivery, std::move(transfer), std::move(row)});
  }
  for (auto& [delivery, transfer, row] : items) {
    row.acknowledged_at = state_.clock.now();
    take_off_mailbox(state_, writes, *transfer, delivery, row);
    state_.put_delivery(writes, delivery, std::move(row));
  }
  const auto outcome = items.empty() ? Durable::Outcome::repeated : Durable::Outcome::stored;
  return Decision{outcome, deliveries_.front().transfer, {}};
}

std::string RelayedChange::entry() const {
  return to_entry(Relayed{sequence_});
}

// What a crash leaves in the outbox here goes with the next one.
void RelayedChange::finish(const Result<void>& written) {
  if (written) static_cast<void>(state_.outbox.done(sequence_));
}

std::size_t ReplayChange::bytes() const {
  std::size_t bytes = 0;
  for (const auto& change : changes_) bytes += change->bytes();
  return bytes;
}

void ReplayChange::decide(WriteSet& writes) {
  before_ = state_.numbers();
  for (auto& change : changes_) {
    change->decide(writes);
    if (!trouble_) trouble_ = change->trouble();
  }
  state_.put_position(writes, position_);
}

Result<void> ReplayChange::may_be_written() const {
  if (trouble_) return *trouble_;
  return success();
}

void ReplayChange::finish(const Result<void>& written) {
  if (!written && before_) state_.give_again_after(*before_);
  for (auto& change : changes_) change->finish(written);
  promise_.set_value(written);
}

FeedChange::FeedChange(StoreState& state, std::vector<FedRecord> records,
                       std::span<const NextOffset> next)
    : state_(state), records_(std::move(records)), next_(next) {}

std::size_t FeedChange::bytes() const {
  return records_.size() * 256;
}

Result<std::vector<MailedDelivery>> FeedChange::resolve(WriteSet& writes) {
  std::vector<MailedDelivery> mailed;
  for (const auto& [offset, entry] : records_) {
    TRUC_TRY(const bool is_new, state_.bring(writes, entry, offset));
    if (!is_new) continue;
    const auto& to = entry.transfer->addressees[entry.index];
    mailed.push_back(MailedDelivery{to.recipient, to.level, entry.transfer->kind});
  }
  for (const auto& [partition, offset] : next_) {
    state_.database.put(writes, Family::offsets, keys::log_offset(state_.log_name(), partition),
                        keys::big_endian(static_cast<std::uint64_t>(offset)));
  }
  return mailed;
}

}  // namespace truc::hub
