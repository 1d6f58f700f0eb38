// A store in a directory of its own, and a small language for what tests do with it.
#pragma once

#include <filesystem>
#include <future>
#include <memory>
#include <string>
#include <vector>

#include "hub/store/rocks_store.hpp"

namespace truc::test {

class TempDirectory {
 public:
  TempDirectory();
  ~TempDirectory();
  TempDirectory(const TempDirectory&) = delete;
  TempDirectory& operator=(const TempDirectory&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// Stands still until it is told to go on.
class StandingClock final : public Clock {
 public:
  Time now() const override { return now_; }
  void pass(std::chrono::milliseconds duration) { now_ += duration; }

 private:
  Time now_ = Time(std::chrono::milliseconds(1'795'333'352'473));
};

AgencyCode agency(std::string_view text);
TransferId new_transfer_id(Time time);

// What one item is made of; the rest follows from it.
struct Draft {
  std::string sender = "000.00.00.G22";
  std::string document_id = "7816/VPCP";
  std::string content = "<edXML/>";
  std::vector<std::string> recipients = {"H37.02"};
  edxml::Priority priority = edxml::Priority::normal;
  delivery::ItemKind kind = delivery::ItemKind::document;
  std::vector<std::string> attachments = {};  // contents
  std::string uploader = "00.53.W00";
};
// Its receipt is "receipt of <transfer>", so that two of them never agree by chance.
hub::NewTransfer new_transfer(const Draft& draft, Time now);
// `agency` about a delivery; is_registered as in the port.
hub::RecipientReceipt delivered_receipt(const DeliveryId& delivery, std::string text, Time now);
hub::RecipientReceipt registered_receipt(const DeliveryId& delivery, std::string text, Time now);

// Waits for the outcome of one commit.
Result<hub::Durable> commit_now(hub::DocumentStore& store, hub::NewTransfer transfer);
Result<hub::Durable> commit_now(hub::DocumentStore& store, hub::RecipientReceipt receipt);
Result<hub::Durable> acknowledge_now(hub::DocumentStore& store, std::vector<DeliveryId> deliveries);

// Records of one partition.
Result<std::vector<hub::MailedDelivery>> feed(hub::DocumentStore& store, hub::Partition partition,
                                              std::int64_t next_offset,
                                              std::span<const hub::ReadRecord> records);
// Everything in the outbox into the mailboxes, in order, as one partition from `offset` on.
std::int64_t feed_outbox(hub::DocumentStore& store, std::int64_t offset);
// The DocumentIds in a mailbox, in its order.
std::vector<std::string> documents_in(hub::DocumentStore& store, const std::string& recipient,
                                      std::size_t max = 100);
hub::ReadRecord read_record(const hub::TransferRecord& transfer, std::uint32_t index,
                            std::int64_t offset);

// A log brings deliveries to the mailboxes, or the accepting write puts them there.
inline hub::StoreSettings by_log() {
  return {.log_name = "log"};
}
inline hub::StoreSettings at_once() {
  return {};
}

class TempStore {
 public:
  explicit TempStore(hub::DatabaseSettings settings = {}, hub::StoreSettings way = by_log());
  explicit TempStore(hub::StoreSettings way) : TempStore(hub::DatabaseSettings(), std::move(way)) {}

  hub::RocksStore& operator*() { return *store_; }
  hub::RocksStore* operator->() { return store_.get(); }
  hub::Database& database() { return *database_; }
  StandingClock& clock() { return clock_; }
  telemetry::Log& log() { return log_; }
  const std::filesystem::path& path() const { return settings_.directory; }

  void close();
  // Failures are those of opening.
  Result<void> open();
  void reopen();
  void reopen(hub::StoreSettings way);

 private:
  TempDirectory directory_;
  hub::DatabaseSettings settings_;
  hub::StoreSettings way_;
  StandingClock clock_;
  telemetry::Log log_;
  std::unique_ptr<hub::Database> database_;
  std::unique_ptr<hub::RocksStore> store_;
};

}  // namespace truc::test
