// Mailboxes and outbox: order, repetition, and what takes an entry off.
#include <array>
#include <catch2/catch.hpp>

#include "tests/support/store/temp_store.hpp"

using namespace truc;
using namespace truc::test;
using hub::Durable;

namespace {

constexpr auto kNoWait = std::chrono::milliseconds(0);
constexpr std::size_t kBytes = 1'000'000;

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("urgent overtakes bulk, and arrival decides among equals", "[hub][mailbox]") {
  TempStore store;
  const auto send = [&](std::string name, edxml::Priority priority) {
    const auto now = store.clock().now();
    commit_now(*store, new_transfer({.document_id = name, .priority = priority}, now)).value();
  };
  send("bulk 1", edxml::Priority::normal);
  send("bulk 2", edxml::Priority::normal);
  send("urgent 1", edxml::Priority::urgent);
  send("timed", edxml::Priority::immediate_by_time);
  send("urgent 2", edxml::Priority::urgent);
  send("immediate", edxml::Priority::immediate);
  feed_outbox(*store, 0);
  const Names expected = {"timed", "immediate", "urgent 1", "urgent 2", "bulk 1", "bulk 2"};
  REQUIRE(documents_in(*store, "H37.02") == expected);
  REQUIRE(documents_in(*store, "H37.02", 2) == Names{"timed", "immediate"});
  store.reopen();
  REQUIRE(documents_in(*store, "H37.02") == expected);
}

TEST_CASE("a mailbox is its recipient's alone", "[hub][mailbox]") {
  TempStore store;
  const auto now = store.clock().now();
  commit_now(*store, new_transfer({.document_id = "a", .recipients = {"H37", "H37.02"}}, now))
      .value();
  commit_now(*store, new_transfer({.document_id = "b", .recipients = {"H37.02"}}, now)).value();
  feed_outbox(*store, 0);
  REQUIRE(documents_in(*store, "H37") == Names{"a"});
  REQUIRE(documents_in(*store, "H37.02") == Names{"a", "b"});
  REQUIRE(documents_in(*store, "H37.0").empty());
  REQUIRE(documents_in(*store, "H3").empty());
}

TEST_CASE("a system's mailboxes are one list by urgency, then age", "[hub][mailbox]") {
  TempStore store;
  const auto send = [&](std::string name, std::string recipient, edxml::Priority priority) {
    Draft draft{.document_id = name, .recipients = {recipient}, .priority = priority};
    commit_now(*store, new_transfer(draft, store.clock().now())).value();
    store.clock().pass(std::chrono::milliseconds(1));
  };
  send("1", "H37", edxml::Priority::normal);
  send("2", "H53", edxml::Priority::normal);
  send("3", "H53", edxml::Priority::urgent);
  send("4", "H37", edxml::Priority::normal);
  feed_outbox(*store, 0);
  Names names;
  const auto entries = store->mailbox({agency("H53"), agency("H37")}, {3, kBytes}).value();
  for (const auto& entry : entries) names.push_back(entry.transfer->document_id.text());
  REQUIRE(names == Names{"3", "1", "2"});
}

TEST_CASE("a page of the mailbox ends at its bytes, but is never empty", "[hub][mailbox]") {
  TempStore store;
  for (int i = 0; i < 3; ++i)
    commit_now(*store, new_transfer({.document_id = std::to_string(i)}, store.clock().now()))
        .value();
  feed_outbox(*store, 0);
  REQUIRE(store->mailbox({agency("H37.02")}, {10, 1}).value().size() == 1);
  REQUIRE(store->mailbox({agency("H37.02")}, {10, 600}).value().size() == 2);
}

TEST_CASE("documents come with a page as long as they fit into it together", "[hub][mailbox]") {
  TempStore store(at_once());
  for (const std::size_t size : std::array<std::size_t, 4>{300, 5'000, 200, 600})
    commit_now(*store, new_transfer(
                           {.document_id = std::to_string(size), .content = std::string(size, 'x')},
                           store.clock().now()))
        .value();
  const auto sizes_with = [&](std::size_t items_bytes) {
    std::vector<std::size_t> sizes;
    const hub::PageSize most{.entries = 10, .bytes = kBytes, .items_bytes = items_bytes};
    const auto entries = store->mailbox({agency("H37.02")}, most).value();
    for (const auto& entry : entries) sizes.push_back(entry.item ? entry.item->size() : 0);
    return sizes;
  };
  REQUIRE(sizes_with(0) == std::vector<std::size_t>{0, 0, 0, 0});
  REQUIRE(sizes_with(299) == std::vector<std::size_t>{0, 0, 200, 0});
  REQUIRE(sizes_with(600) == std::vector<std::size_t>{300, 0, 200, 0});
  REQUIRE(sizes_with(10'000) == std::vector<std::size_t>{300, 5'000, 200, 600});
}

TEST_CASE("an entry carries the item's own receipt", "[hub][mailbox]") {
  TempStore store;
  const auto durable = commit_now(*store, new_transfer({}, store.clock().now())).value();
  feed_outbox(*store, 0);
  const auto entries = store->mailbox({agency("H37.02")}, {10, kBytes}).value();
  REQUIRE(entries.at(0).transfer->receipt == durable.receipt());
  REQUIRE(entries.at(0).delivery() == DeliveryId{durable.transfer(), 0});
}

TEST_CASE("a record fed twice stands in the mailbox once", "[hub][mailbox]") {
  TempStore store;
  const auto item = new_transfer({}, store.clock().now());
  commit_now(*store, item).value();
  const std::vector records = {read_record(item.record, 0, 0), read_record(item.record, 0, 1)};
  REQUIRE(feed(*store, {Level::one, 0}, 2, records).value().size() == 1);
  REQUIRE(feed(*store, {Level::one, 0}, 2, records).value().empty());
  store.reopen();
  REQUIRE(feed(*store, {Level::one, 3}, 9, records).value().empty());
  REQUIRE(documents_in(*store, "H37.02").size() == 1);
}

TEST_CASE("a delivered document is not put into the mailbox again", "[hub][mailbox]") {
  TempStore store;
  const auto item = new_transfer({}, store.clock().now());
  const DeliveryId delivery{item.record.id, 0};
  commit_now(*store, item).value();
  feed_outbox(*store, 0);
  commit_now(*store, delivered_receipt(delivery, "delivered", store.clock().now())).value();
  REQUIRE(documents_in(*store, "H37.02").empty());
  const std::vector records = {read_record(item.record, 0, 5)};
  REQUIRE(feed(*store, {Level::one, 0}, 6, records).value().empty());
  REQUIRE(documents_in(*store, "H37.02").empty());
}

TEST_CASE("the offset moves with the records, per partition", "[hub][mailbox]") {
  TempStore store;
  const auto item = new_transfer({}, store.clock().now());
  commit_now(*store, item).value();
  REQUIRE(store->next_offset({Level::one, 0}).value() == 0);
  const std::vector records = {read_record(item.record, 0, 41)};
  feed(*store, {Level::one, 0}, 42, records).value();
  feed(*store, {Level::four, 7}, 9, {}).value();
  store.reopen();
  REQUIRE(store->next_offset({Level::one, 0}).value() == 42);
  REQUIRE(store->next_offset({Level::four, 7}).value() == 9);
  REQUIRE(store->next_offset({Level::one, 7}).value() == 0);
}

TEST_CASE("records that are no delivery of this hub are refused", "[hub][mailbox]") {
  TempStore store;
  const auto item = new_transfer({.recipients = {"H37", "H53"}}, store.clock().now());
  commit_now(*store, item).value();
  const auto refused = [&](hub::ReadRecord record) {
    const auto result = feed(*store, {Level::one, 0}, 1, std::vector{record});
    REQUIRE(result.error().code() == ErrorCode::malformed_record);
    REQUIRE(store->next_offset({Level::one, 0}).value() == 0);
  };
  auto record = read_record(item.record, 0, 0);
  record.value = "{}";
  refused(record);
  auto stranger = hub::delivery_of(item.record, 0);
  stranger.delivery.transfer = new_transfer_id(store.clock().now());
  record.value = delivery::to_json(stranger);
  refused(record);
  auto misled = hub::delivery_of(item.record, 0);
  misled.recipient = agency("H01");
  record.value = delivery::to_json(misled);
  refused(record);
  auto beyond = hub::delivery_of(item.record, 1);
  beyond.delivery.index = 2;
  record.value = delivery::to_json(beyond);
  refused(record);
  auto hurried = hub::delivery_of(item.record, 1);
  hurried.priority = edxml::Priority::immediate;
  record.value = delivery::to_json(hurried);
  refused(record);
  REQUIRE(documents_in(*store, "H01").empty());
}

TEST_CASE("a delivered receipt is kept once and goes to the sender", "[hub][receipts]") {
  TempStore store;
  const auto item = new_transfer({}, store.clock().now());
  const DeliveryId delivery{item.record.id, 0};
  commit_now(*store, item).value();
  auto offset = feed_outbox(*store, 0);

  auto receipt = delivered_receipt(delivery, "text", store.clock().now());
  const auto first = commit_now(*store, receipt).value();
  REQUIRE(first.outcome() == Durable::Outcome::stored);
  REQUIRE(first.receipt() == "text");
  const auto again =
      commit_now(*store, delivered_receipt(delivery, "text", store.clock().now())).value();
  REQUIRE(again.outcome() == Durable::Outcome::repeated);
  REQUIRE(again.transfer() == first.transfer());
  const auto other = commit_now(*store, delivered_receipt(delivery, "x", store.clock().now()));
  REQUIRE(other.error().code() == ErrorCode::receipt_conflict);

  offset = feed_outbox(*store, offset);
  const auto entries = store->mailbox({agency("000.00.00.G22")}, {10, kBytes}).value();
  REQUIRE(entries.size() == 1);
  REQUIRE(entries[0].transfer->kind == delivery::ItemKind::receipt);
  REQUIRE(entries[0].transfer->receipt.empty());
  REQUIRE(*store->bytes(first.transfer()).value() == "text");
  const auto state = store->delivery_state(delivery).value();
  REQUIRE(state.delivered_receipt == "text");
  REQUIRE(state.delivered_at == receipt.at);
  REQUIRE_FALSE(state.registered_at);
  REQUIRE(store->history(item.record.id).value().size() == 2);
}

TEST_CASE("registered is a receipt of its own", "[hub][receipts]") {
  TempStore store;
  const auto item = new_transfer({}, store.clock().now());
  const DeliveryId delivery{item.record.id, 0};
  commit_now(*store, item).value();
  feed_outbox(*store, 0);
  commit_now(*store, registered_receipt(delivery, "registered", store.clock().now())).value();
  REQUIRE(documents_in(*store, "H37.02").size() == 1);
  commit_now(*store, delivered_receipt(delivery, "delivered", store.clock().now())).value();
  REQUIRE(documents_in(*store, "H37.02").empty());
  store.reopen();
  const auto state = store->delivery_state(delivery).value();
  REQUIRE(state.registered_receipt == "registered");
  REQUIRE(state.delivered_receipt == "delivered");
}

TEST_CASE("a receipt for a delivery that does not exist is refused", "[hub][receipts]") {
  TempStore store;
  const auto item = new_transfer({}, store.clock().now());
  commit_now(*store, item).value();
  const auto now = store.clock().now();
  const auto beyond = commit_now(*store, delivered_receipt({item.record.id, 1}, "t", now));
  const auto nowhere = commit_now(*store, delivered_receipt({new_transfer_id(now), 0}, "t", now));
  REQUIRE(beyond.error().code() == ErrorCode::delivery_unknown);
  REQUIRE(nowhere.error().code() == ErrorCode::delivery_unknown);
  REQUIRE(store->outbox_depth() == 1);
}

TEST_CASE("an item of kind receipt is taken off by an acknowledgement", "[hub][receipts]") {
  TempStore store;
  const auto item = new_transfer({}, store.clock().now());
  commit_now(*store, item).value();
  const auto now = store.clock().now();
  const auto carrier = commit_now(*store, delivered_receipt({item.record.id, 0}, "t", now)).value();
  feed_outbox(*store, 0);
  REQUIRE(documents_in(*store, "000.00.00.G22").size() == 1);
  REQUIRE(acknowledge_now(*store, {{carrier.transfer(), 0}}));
  REQUIRE(acknowledge_now(*store, {{carrier.transfer(), 0}}));
  REQUIRE(documents_in(*store, "000.00.00.G22").empty());
}

TEST_CASE("many items are taken off together, or none of them", "[hub][receipts]") {
  TempStore store(at_once());
  const auto now = store.clock().now();
  const auto receipt_for = [&](const std::string& document) {
    const auto item = new_transfer({.document_id = document}, now);
    commit_now(*store, item).value();
    return DeliveryId{commit_now(*store, delivered_receipt({item.record.id, 0}, document, now))
                          .value()
                          .transfer(),
                      0};
  };
  const auto first = receipt_for("1");
  const auto second = receipt_for("2");
  const auto sender = AgencyCode::parse("000.00.00.G22").value();
  const auto page = store->mailbox({sender}, {10, 1'000}).value();
  REQUIRE(page.size() == 2);
  REQUIRE(*page[0].item == "1");  // the receipt's text comes along
  REQUIRE(*page[1].item == "2");

  const auto unknown = acknowledge_now(*store, {first, {new_transfer_id(now), 0}, second});
  REQUIRE(unknown.error().code() == ErrorCode::delivery_unknown);
  REQUIRE(documents_in(*store, "000.00.00.G22").size() == 2);

  REQUIRE(acknowledge_now(*store, {first, second}).value().outcome() ==
          hub::Durable::Outcome::stored);
  REQUIRE(acknowledge_now(*store, {second, first}).value().outcome() ==
          hub::Durable::Outcome::repeated);
  REQUIRE(documents_in(*store, "000.00.00.G22").empty());
}

TEST_CASE("an acknowledgement does not take a document off", "[hub][receipts]") {
  TempStore store;
  const auto item = new_transfer({}, store.clock().now());
  commit_now(*store, item).value();
  feed_outbox(*store, 0);
  const auto result = acknowledge_now(*store, {{item.record.id, 0}});
  REQUIRE(result.error().code() == ErrorCode::delivery_unknown);
  REQUIRE(documents_in(*store, "H37.02").size() == 1);
}

TEST_CASE("the outbox gives everything in its order until it is done", "[hub][outbox]") {
  TempStore store;
  for (int i = 0; i < 5; ++i)
    commit_now(*store, new_transfer({.document_id = std::to_string(i)}, store.clock().now()))
        .value();
  const auto reopened = GENERATE(false, true);
  if (reopened) store.reopen();
  const auto head = store->outbox(0, 3, kNoWait).value();
  REQUIRE(head.size() == 3);
  REQUIRE(head[0].transfer->document_id.text() == "0");
  const auto rest = store->outbox(head.back().sequence, 9, kNoWait).value();
  REQUIRE(rest.size() == 2);
  REQUIRE(rest[1].transfer->document_id.text() == "4");
  REQUIRE(store->outbox(rest.back().sequence, 9, kNoWait).value().empty());

  store->outbox_done(head.back().sequence).value();
  REQUIRE(store->outbox_depth() == 2);
  store.reopen();
  REQUIRE(store->outbox_depth() == 2);
  REQUIRE(store->outbox(0, 9, kNoWait).value().at(0).sequence == rest[0].sequence);
}

TEST_CASE("sequences go on after everything was done and the store reopened", "[hub][outbox]") {
  TempStore store;
  commit_now(*store, new_transfer({.document_id = "1"}, store.clock().now())).value();
  const auto first = store->outbox(0, 9, kNoWait).value().at(0).sequence;
  store->outbox_done(first).value();
  store.reopen();
  REQUIRE(store->outbox(0, 9, kNoWait).value().empty());
  commit_now(*store, new_transfer({.document_id = "2"}, store.clock().now())).value();
  const auto next = store->outbox(0, 9, kNoWait).value();
  REQUIRE(next.size() == 1);
  REQUIRE(next[0].sequence > first);
}

TEST_CASE("an outbox longer than its window in memory goes on from the disk", "[hub][outbox]") {
  TempStore store;
  const auto count = limits::kOutboxWindowMax + 100;
  std::atomic<std::size_t> done{0};
  std::size_t submitted = 0;
  std::mutex mutex;
  std::condition_variable wake;
  for (; submitted < count; ++submitted) {
    std::unique_lock lock(mutex);
    wake.wait(lock, [&] { return submitted - done < 1'000; });
    lock.unlock();
    auto item = new_transfer({.document_id = std::to_string(submitted)}, store.clock().now());
    store->commit(std::move(item), [&](Result<Durable> result) {
      const std::lock_guard guard(mutex);
      if (result) ++done;
      wake.notify_all();
    });
  }
  std::unique_lock lock(mutex);
  wake.wait(lock, [&] { return done == count; });
  std::size_t seen = 0;
  for (std::uint64_t after = 0;;) {
    const auto entries = store->outbox(after, 1'000, kNoWait).value();
    if (entries.empty()) break;
    for (const auto& entry : entries)
      REQUIRE(entry.transfer->document_id.text() == std::to_string(seen++));
    after = entries.back().sequence;
  }
  REQUIRE(seen == count);
}

TEST_CASE("waiting for the outbox ends with an entry, or with the stop", "[hub][outbox]") {
  TempStore store;
  std::jthread later([&] { commit_now(*store, new_transfer({}, store.clock().now())).value(); });
  const auto entries = store->outbox(0, 9, std::chrono::seconds(20)).value();
  REQUIRE(entries.size() == 1);
  std::jthread stopper([&] { store->stop_waiting(); });
  const auto stopped = store->outbox(entries[0].sequence, 9, std::chrono::seconds(20));
  REQUIRE(stopped.error().code() == ErrorCode::cancelled);
}
