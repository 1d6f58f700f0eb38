// A disk that fails while the hub runs, and a power cut: nothing that was refused comes back,
// nothing that was acknowledged goes.
#include <catch2/catch.hpp>

#include "hub/fanout/relay.hpp"
#include "hub/mailbox/feeder.hpp"
#include "hub/store/changes.hpp"
#include "hub/store/entries.hpp"
#include "pki/crypto/digest.hpp"
#include "tests/support/store/failing_file_system.hpp"
#include "tests/support/store/scripted_log.hpp"
#include "tests/support/store/temp_store.hpp"

using namespace truc;
using namespace truc::test;
using Fault = FailingFileSystem::Fault;

namespace {

constexpr auto kNoWait = std::chrono::milliseconds(0);

hub::DatabaseSettings on(FailingFileSystem& files) {
  hub::DatabaseSettings settings;
  settings.env = files.env();
  return settings;
}

Result<hub::Durable> submit(TempStore& store, const std::string& name) {
  return commit_now(*store, new_transfer({.document_id = name}, store.clock().now()));
}

// As a sender does: again and again, until it is accepted.
hub::Durable submit_until_accepted(TempStore& store, const std::string& name) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  for (;;) {
    auto result = submit(store, name);
    if (result) return std::move(result).value();
    REQUIRE(result.error().code() == ErrorCode::storage_failed);
    REQUIRE(std::chrono::steady_clock::now() < until);
    std::this_thread::yield();
  }
}

// The store learns with a later write that it cannot go on.
bool is_restart_asked(TempStore& store) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (!store.database().needs_restart() && std::chrono::steady_clock::now() < until) {
    REQUIRE_FALSE(submit(store, "in vain"));
    std::this_thread::yield();
  }
  return store.database().needs_restart();
}

// How far the way from the outbox to the mailbox goes before it stops.
enum class Until : std::uint8_t { appended, removed_from_outbox, mailed };

void carry_on(TempStore& store, ScriptedLog& log, Until until) {
  const auto entries = store->outbox(0, 10'000, kNoWait).value();
  std::vector<hub::LogRecord> records;
  for (const auto& entry : entries) {
    const auto record = hub::delivery_of(*entry.transfer, 0);
    records.push_back(hub::LogRecord{record.level, record.recipient.text(), to_json(record)});
  }
  log.append(records).value();
  if (until == Until::appended) return;
  if (!entries.empty()) store->outbox_done(entries.back().sequence).value();
  if (until == Until::removed_from_outbox) return;

  class Owner final : public hub::PartitionOwner {
   public:
    explicit Owner(hub::RocksStore& kept) : store_(kept) {}
    Result<std::int64_t> partition_assigned(hub::Partition partition) override {
      return store_.next_offset(partition);
    }
    void partition_revoked(hub::Partition) override {}

   private:
    hub::RocksStore& store_;
  } owner(*store);
  log.start(owner).value();
  const auto read = log.read(10'000, kNoWait).value();
  if (read.empty()) return;
  feed(*store, read.back().partition, read.back().offset + 1, read).value();
}

}  // namespace

TEST_CASE("a failed write acknowledges nothing; it recovers, or asks for a restart",
          "[fault][store]") {
  const auto fault = GENERATE(Fault::append, Fault::sync, Fault::all);
  FailingFileSystem files;
  TempStore store(on(files));
  const auto before = submit(store, "before").value();

  files.set(fault);
  for (int i = 0; i < 3; ++i)
    REQUIRE(submit(store, "during").error().code() == ErrorCode::storage_failed);
  const auto id = DocumentId::parse("during").value();
  REQUIRE_FALSE(store->find(agency("000.00.00.G22"), id).value());
  REQUIRE(store->outbox_depth() == 1);
  // What is durable needs no disk to be told again.
  REQUIRE(submit(store, "before").value().receipt() == before.receipt());

  files.set(Fault::none);
  if (fault == Fault::sync) {
    REQUIRE(is_restart_asked(store));
    store.reopen();
  }
  const auto during = submit_until_accepted(store, "during");
  // After an fsync that failed the restart may have found the document whole.
  if (fault != Fault::sync) REQUIRE(during.outcome() == hub::Durable::Outcome::stored);
  REQUIRE(submit(store, "before").value().receipt() == before.receipt());

  store.reopen();
  REQUIRE(store->find(agency("000.00.00.G22"), id).value() == during.transfer());
  const auto entries = store->outbox(0, 10, kNoWait).value();
  REQUIRE(entries.size() == 2);
  REQUIRE(entries[1].transfer->id == during.transfer());
}

TEST_CASE("a store whose first writes fail, again and again, goes on when the disk is well",
          "[fault][store]") {
  FailingFileSystem files;
  TempStore store(on(files));
  for (int i = 0; i < 3; ++i) {
    files.set(Fault::append);
    const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(700);
    while (std::chrono::steady_clock::now() < until)  // some recoveries are tried in this time
      REQUIRE(submit(store, "during").error().code() == ErrorCode::storage_failed);
    files.set(Fault::none);
    submit_until_accepted(store, std::to_string(i));
  }
  REQUIRE_FALSE(store.database().needs_restart());
  store.reopen();
  REQUIRE(store->outbox_depth() == 3);
}

TEST_CASE("a store whose memory could not be written out goes on when the disk is well",
          "[fault][store]") {
  FailingFileSystem files;
  TempStore store(on(files));
  const auto before = submit(store, "before").value();
  files.set(Fault::full);
  REQUIRE_FALSE(store.database().flush());  // as by itself, when its memory is full
  files.set(Fault::none);
  REQUIRE(submit_until_accepted(store, "after").outcome() == hub::Durable::Outcome::stored);
  REQUIRE(submit(store, "before").value().receipt() == before.receipt());
  store.reopen();
  REQUIRE(submit(store, "after").value().outcome() == hub::Durable::Outcome::repeated);
}

TEST_CASE("a write whose fsync failed is all there or not at all after a restart",
          "[fault][store]") {
  FailingFileSystem files;
  TempStore store(on(files));
  files.set(Fault::sync);
  REQUIRE_FALSE(submit(store, "unsure"));
  store.close();
  files.set(Fault::none);
  store.open().value();
  // Nobody was told anything; a sender that comes again gets one receipt for one document.
  const auto again = submit(store, "unsure").value();
  const auto entries = store->outbox(0, 10, kNoWait).value();
  REQUIRE(entries.size() == 1);
  REQUIRE(entries[0].transfer->id == again.transfer());
  REQUIRE(again.receipt() == entries[0].transfer->receipt);
}

TEST_CASE("a failed part of an upload can be sent again", "[fault][store]") {
  FailingFileSystem files;
  TempStore store(on(files));
  const auto system = SystemId::parse("00.53.W00").value();
  const std::string content(3'000, 'c');
  const auto sha256 = pki::sha256(content);
  const auto part = [&](std::size_t from, std::size_t size) {
    return store->stage(system, sha256, content.size(), from, content.substr(from, size));
  };
  part(0, 1'000).value();
  files.set(Fault::append);
  REQUIRE(part(1'000, 1'000).error().code() == ErrorCode::storage_failed);
  REQUIRE(store->staged(system, sha256).value().received == 1'000);
  files.set(Fault::none);
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (!part(1'000, 1'000)) REQUIRE(std::chrono::steady_clock::now() < until);
  REQUIRE(part(2'000, 1'000).value().complete);
}

TEST_CASE("relay and feeder outlive a disk that fails for a while", "[fault][store]") {
  FailingFileSystem files;
  TempStore store(on(files));
  for (int i = 0; i < 20; ++i) submit(store, std::to_string(i)).value();
  ScriptedLog log;
  std::atomic<std::size_t> mailed{0};
  constexpr hub::RetryPauses kPauses{std::chrono::milliseconds(1), std::chrono::milliseconds(5)};
  hub::Feeder feeder(
      log, *store, store.log(), [&](const auto& grown) { mailed += grown.size(); }, kPauses);
  hub::Relay relay(*store, log, store.log(), kPauses);
  files.set(Fault::append);
  feeder.start();
  relay.start();
  while (relay.failures() < 3) std::this_thread::yield();
  files.set(Fault::none);
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (mailed < 20 && std::chrono::steady_clock::now() < until) std::this_thread::yield();
  relay.stop();
  feeder.stop();
  REQUIRE(mailed == 20);
  REQUIRE(store->mailbox({agency("H37.02")}, {100, 1'000'000}).value().size() == 20);
}

TEST_CASE("after a power cut every acknowledged document reaches its mailbox once",
          "[fault][store]") {
  // Where the way stood when the power went; nothing on it is synced for its own sake.
  const auto until = GENERATE(Until::appended, Until::removed_from_outbox, Until::mailed);
  const auto every = GENERATE(1, 7, 30);
  const auto is_flushed = GENERATE(false, true);
  FailingFileSystem files;
  ScriptedLog log;
  TempStore store(on(files));
  constexpr int kDocuments = 30;
  std::vector<hub::Durable> accepted;
  for (int i = 0; i < kDocuments; ++i) {
    // The submission after it syncs what was done on the way; after the last there is none.
    accepted.push_back(submit(store, std::to_string(i)).value());
    if (i % every == every - 1) carry_on(store, log, until);
    if (is_flushed && i == kDocuments / 2) store.database().flush().value();
  }

  files.set(Fault::all);
  store.close();
  files.lose_what_was_not_synced();
  files.set(Fault::none);
  store.open().value();

  carry_on(store, log, Until::mailed);
  REQUIRE(store->outbox_depth() == 0);
  const auto entries = store->mailbox({agency("H37.02")}, {1'000, 10'000'000}).value();
  REQUIRE(entries.size() == kDocuments);
  for (std::size_t i = 0; i < kDocuments; ++i) {
    REQUIRE(entries[i].transfer->id == accepted[i].transfer());
    REQUIRE(entries[i].transfer->receipt == accepted[i].receipt());
  }
  for (int i = 0; i < kDocuments; ++i) {
    const auto again = submit(store, std::to_string(i)).value();
    REQUIRE(again.outcome() == hub::Durable::Outcome::repeated);
    REQUIRE(again.receipt() == accepted[static_cast<std::size_t>(i)].receipt());
  }
}

TEST_CASE("without a log, after a power cut every acknowledged document is in its mailbox once",
          "[fault][store]") {
  const auto is_flushed = GENERATE(false, true);
  FailingFileSystem files;
  TempStore store(on(files), at_once());
  std::vector<hub::Durable> accepted;
  for (int i = 0; i < 30; ++i) {
    accepted.push_back(submit(store, std::to_string(i)).value());
    if (is_flushed && i == 15) store.database().flush().value();
  }
  const auto now = store.clock().now();
  commit_now(*store, delivered_receipt({accepted[0].transfer(), 0}, "r", now)).value();

  files.set(Fault::all);
  REQUIRE_FALSE(submit(store, "refused"));
  store.close();
  files.lose_what_was_not_synced();
  files.set(Fault::none);
  store.open().value();

  const auto entries = store->mailbox({agency("H37.02")}, {1'000, 10'000'000}).value();
  REQUIRE(entries.size() == accepted.size() - 1);
  for (std::size_t i = 0; i < entries.size(); ++i)
    REQUIRE(entries[i].transfer->id == accepted[i + 1].transfer());
}

TEST_CASE("a failed write uses up no number by which several hubs name what they all have",
          "[fault][store]") {
  class Line final : public hub::ChangeLog {
   public:
    void propose(std::unique_ptr<hub::SharedChange> change) override {
      change->finish(Failure(ErrorCode::cut_off));
    }
  } line;
  FailingFileSystem files;
  TempStore store(on(files), {.journal = &line});
  const auto system = SystemId::parse("00.53.W00").value();
  const std::string content = "content";
  const hub::StagedPart part{.system = system,
                             .sha256 = pki::sha256(content),
                             .total = content.size() + 1,
                             .offset = 0,
                             .bytes = content};
  const std::vector<std::string> entries = {
      hub::to_entry(new_transfer({.document_id = "a"}, store.clock().now())), hub::to_entry(part)};
  const auto replay = [&] {
    std::vector<std::unique_ptr<hub::Change>> changes;
    for (const auto& entry : entries)
      changes.push_back(store->change_of(hub::parse_entry(entry).value()));
    return store->replay(std::move(changes), {.next = 2, .members = {}});
  };

  files.set(Fault::append);
  for (int i = 0; i < 3; ++i) REQUIRE(replay().error().code() == ErrorCode::storage_failed);
  files.set(Fault::none);
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (!replay()) REQUIRE(std::chrono::steady_clock::now() < until);

  const auto outbox = store->outbox(0, 10, kNoWait).value();
  REQUIRE(outbox.size() == 1);
  REQUIRE(outbox[0].sequence == 1);
  const hub::AbandonedUpload first{
      .system = system, .sha256 = part.sha256, .upload = 1, .received = content.size()};
  std::vector<std::unique_ptr<hub::Change>> changes;
  changes.push_back(store->change_of(first));
  REQUIRE(store->replay(std::move(changes), {.next = 3, .members = {}}));
  REQUIRE(store->staged(system, part.sha256).value().received == 0);
}
