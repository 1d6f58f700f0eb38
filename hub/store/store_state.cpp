#include "hub/store/store_state.hpp"

#include "hub/store/keys.hpp"
#include "hub/store/records.hpp"

namespace truc::hub {
namespace {

constexpr std::string_view kSequenceKey = "sequence";
constexpr std::string_view kUploadKey = "upload";

Result<std::uint64_t> read_counter(const Database& database, std::string_view key) {
  TRUC_TRY(const auto value, database.get(Family::meta, key));
  if (!value) return 0;
  if (value->size() != 8)
    return Failure(ErrorCode::storage_corrupt).at(std::string(key)).because("not a counter");
  return keys::from_big_endian(*value);
}

}  // namespace

StoreState::StoreState(Database& open_database, const Clock& time, std::string name_of_log)
    : database(open_database),
      clock(time),
      log_name(std::move(name_of_log)),
      cache(limits::kTransferCacheBytes),
      outbox(
          open_database, [this](const TransferId& id) { return transfer(id); },
          limits::kOutboxWindowMax) {}

Result<void> StoreState::load() {
  TRUC_TRY(sequence_, read_counter(database, kSequenceKey));
  TRUC_TRY(upload_, read_counter(database, kUploadKey));
  return outbox.load();
}

Result<std::shared_ptr<const TransferRecord>> StoreState::transfer(const TransferId& id) {
  if (auto cached = cache.find(id)) return cached;
  TRUC_TRY(const auto row, database.get(Family::transfers, id.bytes()));
  if (!row) return std::shared_ptr<const TransferRecord>();
  TRUC_TRY(auto record, records::decode_transfer(*row));
  auto shared = std::make_shared<const TransferRecord>(std::move(record));
  cache.insert(shared);
  return shared;
}

Result<std::shared_ptr<const TransferRecord>> StoreState::transfer(const WriteSet& writes,
                                                                   const TransferId& id) {
  if (auto cached = cache.find(id)) return cached;
  TRUC_TRY(const auto row, database.get(writes, Family::transfers, id.bytes()));
  if (!row) return std::shared_ptr<const TransferRecord>();
  TRUC_TRY(auto record, records::decode_transfer(*row));
  // Not into the cache: it may never become durable.
  return std::make_shared<const TransferRecord>(std::move(record));
}

OutboxEntry StoreState::put(WriteSet& writes, const NewTransfer& item) {
  const auto& record = item.record;
  const auto sequence = ++sequence_;
  database.put(writes, Family::meta, kSequenceKey, keys::big_endian(sequence));
  database.put(writes, Family::transfers, record.id.bytes(), records::encode(record));
  database.put(writes, Family::documents, record.id.bytes(), *item.bytes);
  database.put(writes, Family::history, keys::history(item.history_of, sequence),
               records::encode(item.history));
  outbox.put(writes, sequence, record.id);
  if (record.kind == delivery::ItemKind::document)
    database.put(writes, Family::latest, record.id.bytes(), {});
  return OutboxEntry{sequence, std::make_shared<const TransferRecord>(record)};
}

void StoreState::show(OutboxEntry entry) {
  cache.insert(entry.transfer);
  outbox.push(std::move(entry));
}

std::uint64_t StoreState::next_upload(WriteSet& writes) {
  const auto upload = ++upload_;
  database.put(writes, Family::meta, kUploadKey, keys::big_endian(upload));
  return upload;
}

}  // namespace truc::hub
