#include "bench/subject/stock.hpp"

#include <array>
#include <mutex>
#include <semaphore>

#include "bench/traffic/dice.hpp"
#include "hub/store/rocks_store.hpp"
#include "pki/crypto/digest.hpp"

namespace truc::bench {
namespace {

constexpr std::ptrdiff_t kInFlight = 1'500;  // below the store's kCommitQueueMax
constexpr std::size_t kTextBytes = 1'500;
constexpr std::size_t kReceiptBytes = 1'200;
constexpr std::size_t kReceiptOwnBytes = 400;  // of these, not the same in every receipt
constexpr std::size_t kRecipientsLeast = 1;
constexpr std::size_t kRecipientsMost = 5;
constexpr std::chrono::hours kAge{18 * 30 * 24};
constexpr std::uint64_t kSeed = 1;
constexpr std::array<std::string_view, 16> kWords = {
    "công ",  "văn ",  "số ",   "về ",   "việc ", "triển ", "khai ", "kế ",
    "hoạch ", "ngân ", "sách ", "tỉnh ", "quý ",  "năm ",   "báo ",  "cáo "};

std::string text_of(Dice& dice) {
  std::string text;
  text.reserve(kTextBytes + 16);
  while (text.size() < kTextBytes) {  // grows each turn
    text += kWords.at(dice.below(kWords.size()));
    if (dice.happens(0.2)) text += std::to_string(dice.below(100'000)) + ' ';
  }
  return text;
}

std::string receipt_of(Dice& dice) {
  std::string receipt(kReceiptBytes, 'r');
  for (std::size_t i = 0; i < kReceiptOwnBytes; ++i)
    receipt[i] = static_cast<char>('A' + dice.below(26));
  return receipt;
}

std::vector<hub::Addressee> addressees_of(const Nation& nation, std::size_t sender, Dice& dice) {
  const auto& units = nation.units();
  const std::size_t count = kRecipientsLeast + dice.below(kRecipientsMost);
  std::vector<hub::Addressee> addressees;
  std::size_t unit = dice.below(units.size());
  for (; addressees.size() < std::min(count, units.size() - 1); unit = (unit + 1) % units.size()) {
    if (unit == sender) continue;
    addressees.push_back({units[unit].code, units[unit].code, units[unit].level});
  }
  return addressees;
}

TransferId transfer_of(Time accepted, Dice& dice) {
  std::array<std::uint8_t, 10> random{};
  for (auto& octet : random) octet = static_cast<std::uint8_t>(dice.next());
  return TransferId::make(accepted, random);
}

// The `number`-th of the stock.
Result<hub::NewTransfer> document_of(const Nation& nation, std::size_t number, Time accepted) {
  Dice dice(kSeed, number);
  const std::size_t sender = dice.below(nation.units().size());
  TRUC_TRY(auto document_id, DocumentId::parse("stock," + std::to_string(number)));
  const auto bytes = std::make_shared<const std::string>(text_of(dice));
  const TransferId id = transfer_of(accepted, dice);
  hub::TransferRecord record{.id = id,
                             .kind = delivery::ItemKind::document,
                             .sender = nation.units()[sender].code,
                             .document_id = std::move(document_id),
                             .notation = std::to_string(number) + "/TH-VP",
                             .sha256 = pki::sha256(*bytes),
                             .size = bytes->size(),
                             .priority = edxml::Priority::normal,
                             .accepted_at = accepted,
                             .addressees = addressees_of(nation, sender, dice),
                             .attachments = {},
                             .regarding = std::nullopt,
                             .receipt = receipt_of(dice)};
  return hub::NewTransfer{std::move(record), bytes, id,
                          hub::HistoryEvent{accepted, "accepted", "hub:bench", {}, id},
                          std::nullopt};
}

}  // namespace

Result<void> fill_store(const std::filesystem::path& folder, const Nation& nation,
                        std::size_t documents, const Made& told) {
  telemetry::Log log(telemetry::LogLevel::error);
  const SystemClock clock;
  hub::DatabaseSettings settings;
  settings.directory = folder;
  TRUC_TRY(const auto database, hub::Database::open(settings));
  TRUC_TRY(const auto store, hub::RocksStore::open(*database, clock, log, {}));

  const Time end = clock.now();
  std::counting_semaphore<kInFlight> room(kInFlight);
  std::mutex mutex;
  std::optional<Failure> failure;  // guarded by mutex
  const auto done = [&](const Result<hub::Durable>& stored) {
    if (!stored) {
      const std::lock_guard lock(mutex);
      failure = stored.error();
    }
    room.release();
  };
  const auto put = [&](std::size_t number) -> Result<void> {
    const auto age =
        kAge * static_cast<double>(documents - number) / static_cast<double>(documents);
    const Time accepted = end - std::chrono::floor<std::chrono::milliseconds>(age);
    TRUC_TRY(auto document, document_of(nation, number, accepted));
    room.acquire();
    store->commit(std::move(document), done);
    return success();
  };
  const auto filled = work_in_parallel(documents, put, told);
  for (std::ptrdiff_t i = 0; i < kInFlight; ++i) room.acquire();  // everything is answered
  if (!filled) return filled.error();
  if (failure) return std::move(*failure);
  return success();
}

}  // namespace truc::bench
