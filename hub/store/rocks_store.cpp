#include "hub/store/rocks_store.hpp"

#include <type_traits>

#include "hub/store/changes.hpp"
#include "hub/store/keys.hpp"
#include "hub/store/mailbox_reader.hpp"
#include "hub/store/records.hpp"
#include "hub/store/staging.hpp"

namespace truc::hub {
namespace {

// A record that names a delivery which was never accepted here would put a stranger's line into a
// mailbox; so would one that names another recipient than the delivery has.
Result<MailboxEntry> find_delivery(StoreState& state, const delivery::DeliveryRecord& record) {
  TRUC_TRY(auto transfer, state.transfer(record.delivery.transfer));
  const auto index = record.delivery.index;
  if (!transfer || index >= transfer->addressees.size()) {
    return Failure(ErrorCode::malformed_record)
        .at("delivery")
        .expected("a delivery of this hub")
        .found(record.delivery.text());
  }
  if (transfer->addressees[index].recipient != record.recipient ||
      transfer->priority != record.priority) {
    return Failure(ErrorCode::malformed_record)
        .at("recipient")
        .expected(transfer->addressees[index].recipient.text())
        .found(record.recipient.text());
  }
  return MailboxEntry{std::move(transfer), index};
}

}  // namespace

struct RocksStore::Parts {
  Parts(Database& database, const Clock& clock, telemetry::Log& log, StoreSettings settings)
      : state(database, clock, std::move(settings)),
        committer(database, log,
                  {.close = [this](WriteSet& writes) { state.put_sequence(writes); },
                   .written = [this] { state.heads.written(); }},
                  state.settings.quiet),
        intake(committer, state.settings.journal),
        staging(state, intake) {}

  StoreState state;
  GroupCommitter committer;
  Intake intake;
  Staging staging;
};

RocksStore::RocksStore(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
RocksStore::~RocksStore() {
  stop();
}

Result<std::unique_ptr<RocksStore>> RocksStore::open(Database& database, const Clock& clock,
                                                     telemetry::Log& log, StoreSettings settings) {
  auto parts = std::make_unique<Parts>(database, clock, log, std::move(settings));
  TRUC_TRY(parts->state.load());
  return std::unique_ptr<RocksStore>(new RocksStore(std::move(parts)));
}

void RocksStore::stop() {
  parts_->state.outbox.stop_waiting();
  parts_->committer.stop();
}

const CommitterCounters& RocksStore::counters() const {
  return parts_->committer.counters();
}

void RocksStore::commit(NewTransfer transfer, CommitDone done) {
  parts_->intake.submit(
      std::make_unique<AcceptChange>(parts_->state, std::move(transfer), std::move(done)),
      GroupCommitter::Admission::bounded);
}

void RocksStore::commit(RecipientReceipt receipt, CommitDone done) {
  parts_->intake.submit(
      std::make_unique<ReceiptChange>(parts_->state, std::move(receipt), std::move(done)),
      GroupCommitter::Admission::bounded);
}

void RocksStore::acknowledge(std::vector<DeliveryId> deliveries, CommitDone done) {
  parts_->intake.submit(
      std::make_unique<AcknowledgeChange>(parts_->state, std::move(deliveries), std::move(done)),
      GroupCommitter::Admission::bounded);
}

Result<StagedUpload> RocksStore::stage(const SystemId& system, const Sha256& sha256,
                                       std::uint64_t total, std::uint64_t offset,
                                       std::string part) {
  return parts_->staging.stage(system, sha256, total, offset, std::move(part));
}

Result<StagedUpload> RocksStore::staged(const SystemId& system, const Sha256& sha256) {
  return parts_->staging.staged(system, sha256);
}

Result<std::string> RocksStore::read_attachment(const Sha256& sha256, std::uint64_t offset) {
  return parts_->staging.read(sha256, offset);
}

Result<std::size_t> RocksStore::remove_stale_uploads(Time now) {
  return parts_->staging.remove_stale(now - limits::kStagedAgeMax);
}

Result<std::optional<TransferId>> RocksStore::find(const AgencyCode& sender,
                                                   const DocumentId& document_id) {
  const auto key = keys::identity(sender, delivery::ItemKind::document, document_id, {});
  TRUC_TRY(const auto row, parts_->state.database.get(Family::identities, key));
  if (!row) return std::optional<TransferId>();
  TRUC_TRY(const auto identity, records::decode_identity(*row));
  return std::optional(identity.transfer);
}

Result<std::shared_ptr<const TransferRecord>> RocksStore::transfer(const TransferId& id) {
  return parts_->state.transfer(id);
}

Result<std::shared_ptr<const std::string>> RocksStore::bytes(const TransferId& id) {
  return parts_->state.bytes(id);
}

Result<DeliveryState> RocksStore::delivery_state(const DeliveryId& id) {
  TRUC_TRY(const auto transfer, parts_->state.transfer(id.transfer));
  if (!transfer) return DeliveryState{};
  TRUC_TRY(const auto row, parts_->state.database.get(Family::deliveries, keys::delivery(id)));
  if (!row) return records::state_of(*transfer, {});
  TRUC_TRY(const auto decoded, parts_->state.read_delivery(*row, nullptr));
  return records::state_of(*transfer, decoded);
}

Result<std::vector<HistoryEvent>> RocksStore::history(const TransferId& document) {
  std::vector<HistoryEvent> events;
  TRUC_TRY(const auto record, transfer(document));
  if (record && !record->accepted_by.empty())
    events.push_back({record->accepted_at, "accepted", record->accepted_by, {}, document});
  const auto cursor = parts_->state.database.cursor(Family::history, document.bytes());
  for (cursor->seek_first(); cursor->is_valid(); cursor->next()) {
    TRUC_TRY(auto event, records::decode_history(cursor->value()));
    events.push_back(std::move(event));
  }
  TRUC_TRY(cursor->status());
  return events;
}

Result<std::vector<MailboxEntry>> RocksStore::mailbox(const std::vector<AgencyCode>& agencies,
                                                      const PageSize& most) {
  return read_mailboxes(parts_->state, agencies, most);
}

Result<std::vector<TransferSummary>> RocksStore::latest(std::size_t max) {
  std::vector<TransferSummary> summaries;
  const auto cursor = parts_->state.database.cursor(Family::latest, {}, {});
  for (cursor->seek_last(); cursor->is_valid() && summaries.size() < max; cursor->previous()) {
    TRUC_TRY(const auto id, TransferId::from_bytes(cursor->key()));
    TransferSummary summary;
    TRUC_TRY(summary.transfer, transfer(id));
    if (!summary.transfer) return Failure(ErrorCode::storage_corrupt).at(id.text());
    summary.deliveries.resize(summary.transfer->addressees.size(),
                              records::state_of(*summary.transfer, {}));
    const auto rows = parts_->state.database.cursor(Family::deliveries, id.bytes());
    for (rows->seek_first(); rows->is_valid(); rows->next()) {
      const auto delivery = keys::parse_delivery(rows->key());
      if (!delivery || delivery->index >= summary.deliveries.size())
        return Failure(ErrorCode::storage_corrupt).at(id.text());
      TRUC_TRY(const auto row, parts_->state.read_delivery(rows->value(), nullptr));
      summary.deliveries[delivery->index] = records::state_of(*summary.transfer, row);
    }
    TRUC_TRY(rows->status());
    summaries.push_back(std::move(summary));
  }
  TRUC_TRY(cursor->status());
  return summaries;
}

Result<std::vector<OutboxEntry>> RocksStore::outbox(std::uint64_t after, std::size_t max,
                                                    std::chrono::milliseconds wait) {
  return parts_->state.outbox.after(after, max, wait);
}

Result<void> RocksStore::outbox_done(std::uint64_t sequence) {
  if (parts_->state.settings.journal == nullptr) return parts_->state.outbox.done(sequence);
  // It leaves every hub's outbox when it comes back. One that is lost goes with the next.
  parts_->intake.submit(std::make_unique<RelayedChange>(parts_->state, sequence),
                        GroupCommitter::Admission::always);
  return success();
}

std::uint64_t RocksStore::outbox_depth() {
  return parts_->state.outbox.depth();
}

void RocksStore::stop_waiting() {
  parts_->state.outbox.stop_waiting();
}

Result<std::vector<MailedDelivery>> RocksStore::feed(std::span<const ReadRecord> records,
                                                     std::span<const NextOffset> next) {
  std::vector<FedRecord> fed;
  fed.reserve(records.size());
  for (const auto& record : records) {
    auto parsed = delivery::parse_delivery_record(record.value);
    if (!parsed) return parsed.error();
    TRUC_TRY(auto entry, find_delivery(parts_->state, parsed.value()));
    fed.push_back(FedRecord{record.offset, std::move(entry)});
  }
  return commit_and_wait<std::vector<MailedDelivery>>(
      parts_->committer, std::make_unique<FeedChange>(parts_->state, std::move(fed), next));
}

Result<std::int64_t> RocksStore::next_offset(Partition partition) {
  const auto key = keys::log_offset(parts_->state.log_name(), partition);
  TRUC_TRY(const auto value, parts_->state.database.get(Family::offsets, key));
  if (!value) return 0;
  if (value->size() != 8) return Failure(ErrorCode::storage_corrupt).at("offsets");
  return static_cast<std::int64_t>(keys::from_big_endian(*value));
}

Result<void> RocksStore::bind_to_journal(const std::string& name) {
  return parts_->state.bind_to_journal(name);
}

Result<JournalPosition> RocksStore::journal_position() const {
  return parts_->state.position();
}

std::unique_ptr<Change> RocksStore::change_of(Entry entry) {
  auto& state = parts_->state;
  const CommitDone nobody_waits = [](const Result<Durable>&) {};
  const auto make = [&]<class T>(T change) -> std::unique_ptr<Change> {
    if constexpr (std::is_same_v<T, NewTransfer>) {
      return std::make_unique<AcceptChange>(state, std::move(change), nobody_waits);
    } else if constexpr (std::is_same_v<T, RecipientReceipt>) {
      return std::make_unique<ReceiptChange>(state, std::move(change), nobody_waits);
    } else if constexpr (std::is_same_v<T, Acknowledgement>) {
      return std::make_unique<AcknowledgeChange>(state, std::move(change.deliveries), nobody_waits);
    } else if constexpr (std::is_same_v<T, Relayed>) {
      return std::make_unique<RelayedChange>(state, change.sequence);
    } else if constexpr (std::is_same_v<T, MemberChange>) {
      return nullptr;
    } else {
      return Staging::change_of(state, std::move(change));
    }
  };
  return std::visit(make, std::move(entry));
}

Result<void> RocksStore::replay(std::vector<std::unique_ptr<Change>> changes,
                                JournalPosition position) {
  auto replayed =
      std::make_unique<ReplayChange>(parts_->state, std::move(changes), std::move(position));
  auto outcome = replayed->outcome();
  parts_->committer.submit(std::move(replayed), GroupCommitter::Admission::always);
  return outcome.get();
}

}  // namespace truc::hub
