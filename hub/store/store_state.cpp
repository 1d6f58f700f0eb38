#include "hub/store/store_state.hpp"

#include "hub/store/keys.hpp"
#include "hub/store/packing.hpp"
#include "hub/store/records.hpp"
#include "schemas/base/check.hpp"

namespace truc::hub {
namespace {

constexpr std::string_view kSequenceKey = "sequence";
constexpr std::string_view kUploadKey = "upload";
constexpr std::string_view kJournalNextKey = "journal next";
constexpr std::string_view kJournalMembersKey = "journal members";
constexpr std::string_view kJournalKey = "journal";

Result<std::uint64_t> read_counter(const Database& database, std::string_view key) {
  TRUC_TRY(const auto value, database.get(Family::meta, key));
  if (!value) return 0;
  if (value->size() != 8)
    return Failure(ErrorCode::storage_corrupt).at(std::string(key)).because("not a counter");
  return keys::from_big_endian(*value);
}

std::vector<MailedDelivery> mailed_by(const TransferRecord& transfer) {
  std::vector<MailedDelivery> mailed;
  mailed.reserve(transfer.addressees.size());
  for (const auto& to : transfer.addressees)
    mailed.push_back(MailedDelivery{to.recipient, to.level, transfer.kind});
  return mailed;
}

}  // namespace

StoreState::StoreState(Database& open_database, const Clock& time, StoreSettings chosen)
    : database(open_database),
      clock(time),
      settings(std::move(chosen)),
      cache(limits::kTransferCacheBytes),
      signers(open_database),
      outbox(
          open_database, [this](const TransferId& id) { return transfer(id); },
          limits::kOutboxWindowMax) {}

Result<void> StoreState::load() {
  TRUC_TRY(numbers_.sequence, read_counter(database, kSequenceKey));
  TRUC_TRY(numbers_.upload, read_counter(database, kUploadKey));
  TRUC_TRY(outbox.load());
  if (settings.journal == nullptr) {
    TRUC_TRY(const auto bound, database.get(Family::meta, kJournalKey));
    if (bound) {
      return Failure(ErrorCode::journal_mismatch)
          .expected("fanout.acknowledge = \"replicated\" with " + *bound)
          .found("a hub that keeps its store alone");
    }
  }
  return has_outbox() ? success() : empty_outbox();
}

// In several writes; one that was done already is not there any more.
Result<void> StoreState::empty_outbox() {
  for (;;) {  // ends: every turn takes entries away
    TRUC_TRY(const auto entries,
             outbox.after(0, limits::kOutboxEmptiedAtOnce, std::chrono::milliseconds(0)));
    if (entries.empty()) return success();
    WriteSet writes;
    for (const auto& [sequence, transfer] : entries) {
      for (std::uint32_t i = 0; i < transfer->addressees.size(); ++i) {
        TRUC_TRY(bring(writes, {transfer, i}, static_cast<std::int64_t>(sequence)));
      }
    }
    TRUC_TRY(database.write(writes, Sync::no));
    heads.written();
    TRUC_TRY(outbox.done(entries.back().sequence));
  }
}

Result<records::DeliveryRow> StoreState::delivery(const WriteSet& writes, const DeliveryId& id) {
  TRUC_TRY(const auto row, database.get(writes, Family::deliveries, keys::delivery(id)));
  if (!row) return records::DeliveryRow{};
  return read_delivery(*row, &writes);
}

Result<records::DeliveryRow> StoreState::read_delivery(std::string_view text,
                                                       const WriteSet* writes) {
  TRUC_TRY(auto row, records::decode_delivery(text));
  for (auto* receipt : {&row.delivered, &row.registered}) {
    if (!*receipt) continue;
    TRUC_TRY((*receipt)->text, signers.lengthen(std::move((*receipt)->text), writes));
  }
  return row;
}

void StoreState::put_delivery(WriteSet& writes, const DeliveryId& id, records::DeliveryRow row) {
  for (auto* receipt : {&row.delivered, &row.registered}) {
    if (*receipt) (*receipt)->text = signers.shorten(writes, std::move((*receipt)->text));
  }
  database.put(writes, Family::deliveries, keys::delivery(id), records::encode(row));
}

Result<bool> StoreState::bring(WriteSet& writes, const MailboxEntry& entry, std::int64_t position) {
  const auto id = entry.delivery();
  TRUC_TRY(auto row, delivery(writes, id));
  const bool is_there = entry.transfer->mailbox_position || row.mailed_at;
  if (is_there || row.delivered || row.acknowledged_at) return false;
  row.mailed_at = clock.now();
  row.mailbox_position = position;
  put_delivery(writes, id, std::move(row));
  put_into_mailbox(writes, *entry.transfer, entry.index, position);
  return true;
}

void StoreState::put_into_mailbox(WriteSet& writes, const TransferRecord& transfer,
                                  std::uint32_t index, std::int64_t position) {
  const auto& recipient = transfer.addressees[index].recipient;
  const auto key = keys::mailbox(recipient, transfer.priority, position, {transfer.id, index});
  heads.will_put(recipient, key);
  database.put(writes, Family::mailboxes, key, {});
}

const std::string& StoreState::log_name() const {
  TRUC_CHECK(settings.log_name.has_value(), "only a log brings records and has offsets");
  return *settings.log_name;
}

Result<std::shared_ptr<const TransferRecord>> StoreState::transfer(const TransferId& id) {
  if (auto cached = cache.find(id)) return cached;
  TRUC_TRY(const auto row, database.get(Family::transfers, id.bytes()));
  if (!row) return std::shared_ptr<const TransferRecord>();
  TRUC_TRY(auto shared, read_transfer(*row, nullptr));
  cache.insert(shared);
  return shared;
}

Result<std::shared_ptr<const TransferRecord>> StoreState::transfer(const WriteSet& writes,
                                                                   const TransferId& id) {
  if (auto cached = cache.find(id)) return cached;
  TRUC_TRY(const auto row, database.get(writes, Family::transfers, id.bytes()));
  if (!row) return std::shared_ptr<const TransferRecord>();
  // Not into the cache: it may never become durable.
  return read_transfer(*row, &writes);
}

Result<std::shared_ptr<const TransferRecord>> StoreState::read_transfer(std::string_view row,
                                                                        const WriteSet* writes) {
  TRUC_TRY(auto record, records::decode_transfer(row));
  TRUC_TRY(record.receipt, signers.lengthen(std::move(record.receipt), writes));
  return std::make_shared<const TransferRecord>(std::move(record));
}

Result<std::shared_ptr<const std::string>> StoreState::bytes(const TransferId& id) {
  TRUC_TRY(auto kept, database.get(Family::documents, id.bytes()));
  if (!kept) return std::shared_ptr<const std::string>();
  const bool is_short = SignerTexts::is_short(*kept);
  TRUC_TRY(auto bytes,
           is_short ? signers.lengthen(std::move(*kept), nullptr) : unpack(std::move(*kept)));
  return std::make_shared<const std::string>(std::move(bytes));
}

OutboxEntry StoreState::put(WriteSet& writes, NewTransfer item, std::string_view packed) {
  auto& record = item.record;
  const auto sequence = ++numbers_.sequence;
  is_sequence_used_ = true;
  if (has_outbox()) outbox.put(writes, sequence, record.id);
  if (!settings.log_name) {
    record.mailbox_position = static_cast<std::int64_t>(sequence);
    for (std::uint32_t i = 0; i < record.addressees.size(); ++i)
      put_into_mailbox(writes, record, i, *record.mailbox_position);
  }
  if (item.history_of == record.id) {
    record.accepted_by = std::move(item.history.actor);
  } else {
    database.put(writes, Family::history, keys::history(item.history_of, sequence),
                 records::encode(item.history));
  }
  auto receipt = record.receipt;
  record.receipt = signers.shorten(writes, std::move(record.receipt));
  database.put(writes, Family::transfers, record.id.bytes(), records::encode(record));
  record.receipt = std::move(receipt);
  database.put(writes, Family::documents, record.id.bytes(), packed);
  if (record.kind == delivery::ItemKind::document)
    database.put(writes, Family::latest, record.id.bytes(), {});
  return OutboxEntry{sequence, std::make_shared<const TransferRecord>(std::move(record))};
}

void StoreState::put_sequence(WriteSet& writes) {
  if (!is_sequence_used_) return;
  database.put(writes, Family::meta, kSequenceKey, keys::big_endian(numbers_.sequence));
  is_sequence_used_ = false;
}

void StoreState::show(OutboxEntry entry) {
  cache.insert(entry.transfer);
  if (!settings.log_name && settings.mailed) settings.mailed(mailed_by(*entry.transfer));
  if (has_outbox()) outbox.push(std::move(entry));
}

void StoreState::put_position(WriteSet& writes, const JournalPosition& position) const {
  database.put(writes, Family::meta, kJournalNextKey,
               keys::big_endian(static_cast<std::uint64_t>(position.next)));
  database.put(writes, Family::meta, kJournalMembersKey, position.members);
}

Result<JournalPosition> StoreState::position() const {
  TRUC_TRY(const auto next, read_counter(database, kJournalNextKey));
  TRUC_TRY(auto members, database.get(Family::meta, kJournalMembersKey));
  return JournalPosition{.next = static_cast<std::int64_t>(next),
                         .members = std::move(members).value_or(std::string())};
}

Result<void> StoreState::bind_to_journal(const std::string& name) {
  TRUC_TRY(const auto bound, database.get(Family::meta, kJournalKey));
  if (bound == name) return success();
  const bool is_new = !bound && numbers_.sequence == 0 && numbers_.upload == 0;
  if (!is_new) {
    return Failure(ErrorCode::journal_mismatch)
        .expected(bound ? *bound : "a store that was made from a journal")
        .found(name);
  }
  WriteSet writes;
  database.put(writes, Family::meta, kJournalKey, name);
  return database.write(writes, Sync::yes);
}

std::uint64_t StoreState::next_upload(WriteSet& writes) {
  const auto upload = ++numbers_.upload;
  database.put(writes, Family::meta, kUploadKey, keys::big_endian(upload));
  return upload;
}

}  // namespace truc::hub
