#include "tests/support/store/temp_store.hpp"

#include <stdlib.h>

#include <atomic>
#include <random>

#include "pki/crypto/digest.hpp"
#include "schemas/base/check.hpp"

namespace truc::test {
namespace {

std::array<std::uint8_t, 10> random_octets() {
  static thread_local std::mt19937_64 generator(std::random_device{}());
  std::array<std::uint8_t, 10> octets;
  for (auto& octet : octets) octet = static_cast<std::uint8_t>(generator());
  return octets;
}

auto waiting(auto&& start) {
  std::promise<Result<hub::Durable>> promise;
  auto outcome = promise.get_future();
  start([&promise](Result<hub::Durable> result) { promise.set_value(std::move(result)); });
  return outcome.get();
}

hub::RecipientReceipt recipient_receipt(const DeliveryId& delivery, std::string text, Time now) {
  Draft draft;
  draft.sender = "H37.02";
  draft.document_id = "7816/VPCP";
  draft.content = text;
  draft.recipients = {"000.00.00.G22"};
  draft.kind = delivery::ItemKind::receipt;
  auto carrier = new_transfer(draft, now);
  carrier.record.receipt.clear();
  carrier.history_of = delivery.transfer;
  carrier.history = hub::HistoryEvent{now, "delivered", "agency:H37.02", "", carrier.record.id};
  return hub::RecipientReceipt{.delivery = delivery,
                               .is_registered = false,
                               .at = now,
                               .receipt = std::move(text),
                               .to_sender = std::move(carrier)};
}

}  // namespace

// In memory where the machine has such a place: what a unit test checks does not depend on a disk.
TempDirectory::TempDirectory() {
  const std::filesystem::path memory = "/dev/shm";
  const auto parent =
      std::filesystem::exists(memory) ? memory : std::filesystem::temp_directory_path();
  auto pattern = (parent / "truc-test-XXXXXX").string();
  TRUC_CHECK(mkdtemp(pattern.data()) != nullptr, "a test may write to the temporary directory");
  path_ = pattern;
}

TempDirectory::~TempDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

AgencyCode agency(std::string_view text) {
  return AgencyCode::parse(text).value();
}

TransferId new_transfer_id(Time time) {
  return TransferId::make(time, random_octets());
}

hub::NewTransfer new_transfer(const Draft& draft, Time now) {
  const auto id = new_transfer_id(now);
  hub::TransferRecord record{.id = id,
                             .kind = draft.kind,
                             .sender = agency(draft.sender),
                             .document_id = DocumentId::parse(draft.document_id).value(),
                             .notation = "7816/VPCP-TTĐT",
                             .sha256 = pki::sha256(draft.content),
                             .size = draft.content.size(),
                             .priority = draft.priority,
                             .accepted_at = now,
                             .addressees = {},
                             .attachments = {},
                             .regarding = std::nullopt,
                             .receipt = "receipt of " + id.text()};
  for (const auto& recipient : draft.recipients) {
    const auto code = agency(recipient);
    record.addressees.push_back({code, code, code.implied_level().value_or(Level::one)});
  }
  for (const auto& content : draft.attachments)
    record.attachments.push_back({pki::sha256(content), content.size()});
  hub::HistoryEvent accepted{now, "accepted", "hub:test", "", id};
  return hub::NewTransfer{.record = std::move(record),
                          .bytes = std::make_shared<const std::string>(draft.content),
                          .history_of = id,
                          .history = std::move(accepted),
                          .uploader = SystemId::parse(draft.uploader).value()};
}

hub::RecipientReceipt delivered_receipt(const DeliveryId& delivery, std::string text, Time now) {
  return recipient_receipt(delivery, std::move(text), now);
}

hub::RecipientReceipt registered_receipt(const DeliveryId& delivery, std::string text, Time now) {
  auto receipt = recipient_receipt(delivery, std::move(text), now);
  receipt.is_registered = true;
  return receipt;
}

Result<hub::Durable> commit_now(hub::DocumentStore& store, hub::NewTransfer transfer) {
  return waiting([&](hub::CommitDone done) { store.commit(std::move(transfer), std::move(done)); });
}

Result<hub::Durable> commit_now(hub::DocumentStore& store, hub::RecipientReceipt receipt) {
  return waiting([&](hub::CommitDone done) { store.commit(std::move(receipt), std::move(done)); });
}

Result<hub::Durable> acknowledge_now(hub::DocumentStore& store,
                                     std::vector<DeliveryId> deliveries) {
  return waiting(
      [&](hub::CommitDone done) { store.acknowledge(std::move(deliveries), std::move(done)); });
}

hub::ReadRecord read_record(const hub::TransferRecord& transfer, std::uint32_t index,
                            std::int64_t offset) {
  return hub::ReadRecord{{Level::one, 0},
                         offset,
                         transfer.addressees.at(index).recipient.text(),
                         delivery::to_json(hub::delivery_of(transfer, index))};
}

Result<std::vector<hub::MailedDelivery>> feed(hub::DocumentStore& store, hub::Partition partition,
                                              std::int64_t next_offset,
                                              std::span<const hub::ReadRecord> records) {
  const hub::NextOffset next{partition, next_offset};
  return store.feed(records, std::span(&next, 1));
}

std::int64_t feed_outbox(hub::DocumentStore& store, std::int64_t offset) {
  const auto entries = store.outbox(0, 10'000, std::chrono::milliseconds(0)).value();
  std::vector<hub::ReadRecord> records;
  for (const auto& entry : entries) {
    for (std::uint32_t index = 0; index < entry.transfer->addressees.size(); ++index)
      records.push_back(read_record(*entry.transfer, index, offset++));
  }
  feed(store, {Level::one, 0}, offset, records).value();
  if (!entries.empty()) store.outbox_done(entries.back().sequence).value();
  return offset;
}

std::vector<std::string> documents_in(hub::DocumentStore& store, const std::string& recipient,
                                      std::size_t max) {
  constexpr std::size_t kBytes = 1'000'000;
  std::vector<std::string> documents;
  const auto entries = store.mailbox({agency(recipient)}, {max, kBytes}).value();
  for (const auto& entry : entries) documents.push_back(entry.transfer->document_id.text());
  return documents;
}

TempStore::TempStore(hub::DatabaseSettings settings, hub::StoreSettings way)
    : settings_(std::move(settings)), way_(std::move(way)), log_(telemetry::LogLevel::error) {
  if (settings_.directory.empty()) settings_.directory = directory_.path() / "store";
  open().value();
}

void TempStore::close() {
  store_.reset();
  database_.reset();
}

Result<void> TempStore::open() {
  TRUC_TRY(database_, hub::Database::open(settings_));
  TRUC_TRY(store_, hub::RocksStore::open(*database_, clock_, log_, way_));
  return success();
}

void TempStore::reopen() {
  close();
  open().value();
}

void TempStore::reopen(hub::StoreSettings way) {
  way_ = std::move(way);
  reopen();
}

}  // namespace truc::test
