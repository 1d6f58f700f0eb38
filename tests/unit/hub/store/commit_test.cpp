// Accepting: what is durable, what is a repetition, what is a conflict.
#include <catch2/catch.hpp>
#include <thread>

#include "pki/crypto/digest.hpp"
#include "tests/support/store/temp_store.hpp"

using namespace truc;
using namespace truc::test;
using hub::Durable;

namespace {

ErrorCode code_of(const Result<Durable>& result) {
  REQUIRE_FALSE(result);
  return result.error().code();
}

}  // namespace

TEST_CASE("what was accepted is there, byte for byte, also after reopening", "[hub][store]") {
  TempStore store;
  auto item = new_transfer({.content = std::string(10'000, 'x') + '\0' + "y"}, store.clock().now());
  item.record.regarding = hub::Regarding{agency("H53"), DocumentId::parse("a b").value()};
  const auto record = item.record;
  const auto bytes = *item.bytes;
  const auto durable = commit_now(*store, item);
  REQUIRE(durable.value().outcome() == Durable::Outcome::stored);
  REQUIRE(durable.value().transfer() == record.id);
  REQUIRE(durable.value().receipt() == record.receipt);

  store.reopen();
  const auto kept = store->transfer(record.id).value();
  REQUIRE(kept != nullptr);
  REQUIRE(kept->sender == record.sender);
  REQUIRE(kept->document_id == record.document_id);
  REQUIRE(kept->notation == record.notation);
  REQUIRE(kept->sha256 == record.sha256);
  REQUIRE(kept->size == record.size);
  REQUIRE(kept->accepted_at == record.accepted_at);
  REQUIRE(kept->receipt == record.receipt);
  REQUIRE(kept->regarding->document_id == record.regarding->document_id);
  REQUIRE(kept->addressees.size() == 1);
  REQUIRE(kept->addressees[0].recipient == record.addressees[0].recipient);
  REQUIRE(kept->addressees[0].level == record.addressees[0].level);
  REQUIRE(*store->bytes(record.id).value() == bytes);
  REQUIRE(store->find(record.sender, record.document_id).value() == record.id);
  REQUIRE(store->history(record.id).value().size() == 1);
}

TEST_CASE("what was never accepted is not there", "[hub][store]") {
  TempStore store;
  const auto id = new_transfer_id(store.clock().now());
  REQUIRE(store->transfer(id).value() == nullptr);
  REQUIRE(store->bytes(id).value() == nullptr);
  REQUIRE_FALSE(store->find(agency("H53"), DocumentId::parse("x").value()).value());
  REQUIRE_FALSE(store->delivery_state({id, 0}).value().mailed_at);
  REQUIRE(store->history(id).value().empty());
  REQUIRE(store->latest(10).value().empty());
  REQUIRE(store->mailbox({agency("H53")}, {10, 1'000'000}).value().empty());
}

TEST_CASE("the same document again gets the first receipt, also after reopening", "[hub][store]") {
  TempStore store;
  const auto first = commit_now(*store, new_transfer({}, store.clock().now())).value();
  const auto again = commit_now(*store, new_transfer({}, store.clock().now())).value();
  REQUIRE(again.outcome() == Durable::Outcome::repeated);
  REQUIRE(again.transfer() == first.transfer());
  REQUIRE(again.receipt() == first.receipt());

  store.reopen();
  const auto later = commit_now(*store, new_transfer({}, store.clock().now())).value();
  REQUIRE(later.outcome() == Durable::Outcome::repeated);
  REQUIRE(later.receipt() == first.receipt());
  REQUIRE(store->outbox_depth() == 1);
}

TEST_CASE("another content under a used DocumentId is a conflict", "[hub][store]") {
  TempStore store;
  commit_now(*store, new_transfer({.content = "one"}, store.clock().now())).value();
  const auto other = commit_now(*store, new_transfer({.content = "two"}, store.clock().now()));
  REQUIRE(code_of(other) == ErrorCode::document_conflict);
  REQUIRE(other.error().expected() == pki::sha256("one").hex());
  REQUIRE(other.error().found() == pki::sha256("two").hex());
  REQUIRE(store->outbox_depth() == 1);
}

TEST_CASE("a DocumentId is used once by an agency, under whatever code", "[hub][store]") {
  TempStore store;
  const auto now = store.clock().now();
  commit_now(*store, new_transfer({.sender = "H53", .content = "one"}, now)).value();
  auto again = new_transfer({.sender = "000.00.00.H53", .content = "two"}, now);
  again.other_codes = {agency("H53")};
  const auto refused = commit_now(*store, std::move(again));
  REQUIRE(code_of(refused) == ErrorCode::document_conflict);
  REQUIRE(refused.error().found() == "H53");
  REQUIRE(store->outbox_depth() == 1);
}

TEST_CASE("a DocumentId belongs to its sender alone", "[hub][store]") {
  TempStore store;
  const auto now = store.clock().now();
  commit_now(*store, new_transfer({.sender = "H53", .content = "one"}, now)).value();
  const auto other = commit_now(*store, new_transfer({.sender = "H53.1", .content = "two"}, now));
  REQUIRE(other.value().outcome() == Durable::Outcome::stored);
}

TEST_CASE("an agency sends several statuses about one document", "[hub][store]") {
  TempStore store;
  const auto now = store.clock().now();
  const auto status = delivery::ItemKind::status;
  commit_now(*store, new_transfer({.content = "document"}, now)).value();
  const auto first = commit_now(*store, new_transfer({.content = "01", .kind = status}, now));
  const auto second = commit_now(*store, new_transfer({.content = "03", .kind = status}, now));
  const auto again = commit_now(*store, new_transfer({.content = "01", .kind = status}, now));
  REQUIRE(first.value().outcome() == Durable::Outcome::stored);
  REQUIRE(second.value().outcome() == Durable::Outcome::stored);
  REQUIRE(again.value().outcome() == Durable::Outcome::repeated);
  REQUIRE(again.value().transfer() == first.value().transfer());
}

TEST_CASE("of many equal submissions at one moment one is stored", "[hub][store]") {
  TempStore store;
  constexpr int kThreads = 8;
  constexpr int kEach = 16;
  std::atomic<int> stored{0};
  std::atomic<int> repeated{0};
  std::atomic<int> conflicts{0};
  std::mutex mutex;
  std::vector<std::string> receipts;
  std::vector<std::jthread> threads;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread] {
      for (int i = 0; i < kEach; ++i) {
        const std::string content = thread == 0 ? "another" : "one";
        const auto result =
            commit_now(*store, new_transfer({.document_id = std::to_string(i), .content = content},
                                            store.clock().now()));
        if (!result) {
          ++conflicts;
          continue;
        }
        ++(result.value().outcome() == Durable::Outcome::stored ? stored : repeated);
        const std::lock_guard lock(mutex);
        receipts.push_back(result.value().receipt());
      }
    });
  }
  threads.clear();
  std::ranges::sort(receipts);
  receipts.erase(std::unique(receipts.begin(), receipts.end()), receipts.end());
  REQUIRE(stored == kEach);
  REQUIRE(receipts.size() == kEach);
  REQUIRE(stored + repeated + conflicts == kThreads * kEach);
  REQUIRE(store->outbox_depth() == kEach);
}

TEST_CASE("what waits together is written together", "[hub][store]") {
  TempStore store;
  const auto groups_before = store->counters().groups.load();
  constexpr int kItems = 500;
  std::atomic<int> done{0};
  std::promise<void> all;
  for (int i = 0; i < kItems; ++i) {
    auto item = new_transfer({.document_id = std::to_string(i)}, store.clock().now());
    store->commit(std::move(item), [&](Result<Durable> result) {
      if (result && ++done == kItems) all.set_value();
    });
  }
  all.get_future().wait();
  const auto groups = store->counters().groups.load() - groups_before;
  REQUIRE(groups >= (kItems + 255) / 256);
  REQUIRE(groups < kItems / 2);
}

TEST_CASE("a full queue refuses, and what was taken is finished at the stop", "[hub][store]") {
  TempStore store;
  std::atomic<int> stored{0};
  std::atomic<int> busy{0};
  std::atomic<int> others{0};
  std::promise<void> first_is_done;
  std::promise<void> go_on;
  auto blocked = go_on.get_future();
  // Holds the committer until the queue is full.
  store->commit(new_transfer({.document_id = "first"}, store.clock().now()), [&](Result<Durable>) {
    first_is_done.set_value();
    blocked.wait();
  });
  first_is_done.get_future().wait();
  constexpr int kOver = 10;
  for (std::size_t i = 0; i < limits::kCommitQueueMax + kOver; ++i) {
    auto item = new_transfer({.document_id = std::to_string(i)}, store.clock().now());
    store->commit(std::move(item), [&](Result<Durable> result) {
      if (result)
        ++stored;
      else if (result.error().code() == ErrorCode::busy)
        ++busy;
      else
        ++others;
    });
  }
  REQUIRE(busy == kOver);
  go_on.set_value();
  store->stop();
  REQUIRE(stored == static_cast<int>(limits::kCommitQueueMax));
  REQUIRE(others == 0);
  const auto late = commit_now(*store, new_transfer({.document_id = "late"}, store.clock().now()));
  REQUIRE(code_of(late) == ErrorCode::shutting_down);
}

TEST_CASE("the newest documents come first, and only documents", "[hub][store]") {
  TempStore store;
  for (int i = 0; i < 5; ++i) {
    commit_now(*store, new_transfer({.document_id = std::to_string(i)}, store.clock().now()))
        .value();
    store.clock().pass(std::chrono::milliseconds(1));
    commit_now(*store,
               new_transfer({.content = std::to_string(i), .kind = delivery::ItemKind::status},
                            store.clock().now()))
        .value();
  }
  const auto latest = store->latest(3).value();
  REQUIRE(latest.size() == 3);
  REQUIRE(latest[0].transfer->document_id.text() == "4");
  REQUIRE(latest[2].transfer->document_id.text() == "2");
  REQUIRE(latest[0].deliveries.size() == 1);
}

TEST_CASE("a circular to the most recipients is one record", "[hub][store]") {
  TempStore store;
  Draft draft;
  draft.recipients.clear();
  for (std::size_t i = 0; i < limits::kRecipientsMax; ++i)
    draft.recipients.push_back("H53." + std::to_string(i));
  const auto item = new_transfer(draft, store.clock().now());
  commit_now(*store, item).value();
  store.reopen();
  const auto kept = store->transfer(item.record.id).value();
  REQUIRE(kept->addressees.size() == limits::kRecipientsMax);
  REQUIRE(kept->addressees.back().recipient == item.record.addressees.back().recipient);
}
