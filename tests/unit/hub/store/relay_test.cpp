// Relay and feeder between the store and a log that fails, repeats and holds rubbish.
#include <catch2/catch.hpp>
#include <set>

#include "hub/fanout/relay.hpp"
#include "hub/mailbox/feeder.hpp"
#include "tests/support/store/scripted_log.hpp"
#include "tests/support/store/temp_store.hpp"

using namespace truc;
using namespace truc::test;
using hub::LogRecord;
using hub::Partition;
using hub::ReadRecord;

namespace {

constexpr hub::RetryPauses kShortPauses{std::chrono::milliseconds(1), std::chrono::milliseconds(2)};
constexpr std::size_t kBytes = 1'000'000;

void send(TempStore& store, const std::string& name, std::vector<std::string> recipients) {
  const Draft draft{.document_id = name, .recipients = std::move(recipients)};
  commit_now(*store, new_transfer(draft, store.clock().now())).value();
}

std::vector<std::string> documents_for(const std::vector<LogRecord>& records,
                                       const std::string& recipient) {
  std::vector<std::string> documents;
  for (const auto& record : records) {
    if (record.key != recipient) continue;
    documents.push_back(delivery::parse_delivery_record(record.value).value().document_id.text());
  }
  return documents;
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("the relay makes a record for every addressee, in order", "[hub][relay]") {
  TempStore store;
  ScriptedLog log;
  send(store, "1", {"H37", "H53.01"});
  send(store, "2", {"H37"});
  hub::Relay relay(*store, log, store.log(), kShortPauses);
  relay.start();
  send(store, "3", {"H53.01", "H37"});
  log.wait_until([&] { return log.kept.size() == 5; });
  relay.stop();
  REQUIRE(documents_for(log.kept, "H37") == Names{"1", "2", "3"});
  REQUIRE(documents_for(log.kept, "H53.01") == Names{"1", "3"});
  for (const auto& record : log.kept) REQUIRE(record.level == agency(record.key).implied_level());
}

TEST_CASE("a circular is cut into batches and leaves the outbox as a whole", "[hub][relay]") {
  TempStore store;
  ScriptedLog log;
  std::vector<std::string> recipients;
  for (int i = 0; i < 3'000; ++i) recipients.push_back("H53." + std::to_string(i));
  send(store, "circular", recipients);
  send(store, "after", {"H53.2999"});
  {
    hub::Relay relay(*store, log, store.log(), kShortPauses);
    relay.start();
    log.wait_until([&] { return log.kept.size() == 3'001; });
  }
  std::set<std::string> reached;
  for (const auto& record : log.kept) reached.insert(record.key);
  REQUIRE(reached.size() == 3'000);
  REQUIRE(log.appends >= 3);
  REQUIRE(documents_for(log.kept, "H53.2999") == Names{"circular", "after"});
  REQUIRE(store->outbox_depth() == 0);
}

TEST_CASE("a failing log is tried again, and nothing is skipped", "[hub][relay]") {
  TempStore store;
  ScriptedLog log;
  log.appends_to_fail = 3;
  log.keeps_half = GENERATE(false, true);
  send(store, "1", {"H37", "H53"});
  send(store, "2", {"H37", "H53"});
  hub::Relay relay(*store, log, store.log(), kShortPauses);
  relay.start();
  log.wait_until([&] { return log.appends == 4; });
  relay.stop();
  REQUIRE(relay.failures() == 3);
  const auto all = documents_for(log.kept, "H37");
  // The last whole append stands at the end, after what failing ones may have left.
  REQUIRE(all.size() >= 2);
  REQUIRE(Names(all.end() - 2, all.end()) == Names{"1", "2"});
  REQUIRE(store->outbox_depth() == 0);
}

TEST_CASE("a stop in the middle of failures leaves the outbox as it was", "[hub][relay]") {
  TempStore store;
  ScriptedLog log;
  log.appends_to_fail = 1'000'000;
  send(store, "1", {"H37"});
  {
    hub::Relay relay(*store, log, store.log(),
                     {std::chrono::milliseconds(1), std::chrono::hours(1)});
    relay.start();
    while (relay.failures() < 3) std::this_thread::yield();
  }
  REQUIRE(store->outbox_depth() == 1);
  store.reopen();
  log.appends_to_fail = 0;
  hub::Relay relay(*store, log, store.log(), kShortPauses);
  relay.start();
  log.wait_until([&] { return log.kept.size() == 1; });
}

TEST_CASE("records that the log holds twice reach the mailbox once", "[hub][relay][feeder]") {
  TempStore store;
  ScriptedLog log;
  log.appends_to_fail = 2;
  log.keeps_half = true;
  for (int i = 0; i < 10; ++i) send(store, std::to_string(i), {"H37"});
  std::atomic<int> notified{0};
  hub::Feeder feeder(log, *store, store.log(),
                     [&](const auto& grown) { notified += static_cast<int>(grown.size()); });
  hub::Relay relay(*store, log, store.log(), kShortPauses);
  feeder.start();
  relay.start();
  log.wait_until([&] {
    return log.appends >= 3 && log.consumed_up_to == static_cast<std::int64_t>(log.kept.size());
  });
  relay.stop();
  feeder.stop();
  REQUIRE(log.kept.size() > 10);
  REQUIRE(notified == 10);
  const auto entries = store->mailbox({agency("H37")}, {100, kBytes}).value();
  REQUIRE(entries.size() == 10);
  for (std::size_t i = 0; i < 10; ++i)
    REQUIRE(entries[i].transfer->document_id.text() == std::to_string(i));
}

TEST_CASE("a malformed record is left out and holds nobody up", "[hub][feeder]") {
  TempStore store;
  ScriptedLog log;
  send(store, "1", {"H37"});
  send(store, "2", {"H37"});
  const auto entries = store->outbox(0, 10, std::chrono::milliseconds(0)).value();
  const auto add = [&](std::size_t entry) {
    const auto record = hub::delivery_of(*entries[entry].transfer, 0);
    log.kept.push_back(LogRecord{record.level, "H37", to_json(record)});
  };
  log.add_rubbish("not JSON");
  add(0);
  log.add_rubbish("{}");
  add(1);
  log.add_rubbish("");
  hub::Feeder feeder(log, *store, store.log(), [](const auto&) {});
  feeder.start();
  log.wait_until([&] { return log.consumed_up_to == 5; });
  feeder.stop();
  REQUIRE(feeder.counters().malformed == 3);
  REQUIRE(feeder.counters().mailed == 2);
  REQUIRE(store->next_offset({Level::one, 0}).value() == 5);
  REQUIRE(store->mailbox({agency("H37")}, {10, kBytes}).value().size() == 2);
}

TEST_CASE("a log that forgot unread records is noticed", "[hub][feeder]") {
  TempStore store;
  ScriptedLog log;
  send(store, "1", {"H37"});
  const auto entries = store->outbox(0, 10, std::chrono::milliseconds(0)).value();
  const auto record = hub::delivery_of(*entries[0].transfer, 0);
  // Reads from 0 on although the mailboxes stand behind: offsets then seem to jump.
  class Jumping final : public hub::EventLogReader {
   public:
    Jumping(ScriptedLog& under) : under_(under) {}
    Result<void> start(hub::PartitionOwner& owner) override { return under_.start(owner); }
    Result<std::vector<ReadRecord>> read(std::size_t max, std::chrono::milliseconds wait) override {
      TRUC_TRY(auto records, under_.read(max, wait));
      for (auto& one : records) one.offset += 7;
      return records;
    }
    void consumed(Partition partition, std::int64_t next) override {
      under_.consumed(partition, next);
    }
    void stop() override { under_.stop(); }

   private:
    ScriptedLog& under_;
  } jumping(log);
  log.kept.push_back(LogRecord{record.level, "H37", to_json(record)});
  log.kept.push_back(LogRecord{record.level, "H37", to_json(record)});
  feed(*store, {Level::one, 0}, 1, {}).value();
  hub::Feeder feeder(jumping, *store, store.log(), [](const auto&) {});
  feeder.start();
  log.wait_until([&] { return log.consumed_up_to == 9; });
  feeder.stop();
  REQUIRE(feeder.counters().gaps == 1);
  REQUIRE(feeder.counters().mailed == 1);
}
