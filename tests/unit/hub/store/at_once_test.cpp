// A hub without a log: what is accepted stands in its mailboxes with the same write.
#include <catch2/catch.hpp>

#include "tests/support/store/temp_store.hpp"

using namespace truc;
using namespace truc::test;
using hub::Durable;

namespace {

constexpr auto kNoWait = std::chrono::milliseconds(0);
constexpr std::size_t kBytes = 1'000'000;

using Names = std::vector<std::string>;

Durable send(TempStore& store, const std::string& name,
             std::vector<std::string> recipients = {"H37.02"},
             edxml::Priority priority = edxml::Priority::normal) {
  const Draft draft{.document_id = name, .recipients = std::move(recipients), .priority = priority};
  return commit_now(*store, new_transfer(draft, store.clock().now())).value();
}

}  // namespace

TEST_CASE("what is accepted is in every mailbox when the sender hears of it", "[hub][mailbox]") {
  TempStore store(at_once());
  const auto first = send(store, "1", {"H37.02", "H53", "G01"});
  for (const std::string recipient : {"H37.02", "H53", "G01"})
    REQUIRE(documents_in(*store, recipient) == Names{"1"});
  REQUIRE(store->delivery_state({first.transfer(), 2}).value().mailed_at == store.clock().now());
  REQUIRE(store->latest(1).value().at(0).deliveries.at(2).mailed_at == store.clock().now());
  REQUIRE(store->outbox_depth() == 0);
  REQUIRE(store->outbox(0, 10, kNoWait).value().empty());
  store.reopen();
  REQUIRE(documents_in(*store, "G01") == Names{"1"});
}

TEST_CASE("without a log, too, urgent overtakes and arrival decides among equals",
          "[hub][mailbox]") {
  TempStore store(at_once());
  send(store, "bulk 1");
  send(store, "urgent", {"H37.02"}, edxml::Priority::urgent);
  send(store, "bulk 2");
  store.reopen();
  send(store, "bulk 3");
  REQUIRE(documents_in(*store, "H37.02") == Names{"urgent", "bulk 1", "bulk 2", "bulk 3"});
}

TEST_CASE("a refused or repeated item comes into no mailbox", "[hub][mailbox]") {
  TempStore store(at_once());
  send(store, "1");
  REQUIRE(send(store, "1").outcome() == Durable::Outcome::repeated);
  const Draft other{.document_id = "1", .content = "another", .recipients = {"H53"}};
  REQUIRE_FALSE(commit_now(*store, new_transfer(other, store.clock().now())));
  REQUIRE(documents_in(*store, "H37.02") == Names{"1"});
  REQUIRE(documents_in(*store, "H53").empty());
}

TEST_CASE("a receipt takes the delivery off and comes to the sender", "[hub][receipts]") {
  TempStore store(at_once());
  const auto accepted = send(store, "1", {"H37.02", "H53"});
  const DeliveryId delivery{accepted.transfer(), 0};
  store.clock().pass(std::chrono::milliseconds(5));
  const auto now = store.clock().now();
  const auto carrier = commit_now(*store, delivered_receipt(delivery, "got it", now)).value();
  REQUIRE(documents_in(*store, "H37.02").empty());
  REQUIRE(documents_in(*store, "H53") == Names{"1"});
  store.reopen();
  const auto state = store->delivery_state(delivery).value();
  REQUIRE(state.delivered_receipt == "got it");
  REQUIRE(state.delivered_at == now);
  REQUIRE(state.mailed_at == now - std::chrono::milliseconds(5));
  REQUIRE(documents_in(*store, "000.00.00.G22").size() == 1);
  REQUIRE(acknowledge_now(*store, {{carrier.transfer(), 0}}));
  REQUIRE(documents_in(*store, "000.00.00.G22").empty());
}

TEST_CASE("those who wait hear of it after it is durable", "[hub][mailbox]") {
  std::vector<std::string> heard;
  hub::StoreSettings way;
  way.mailed = [&](const std::vector<hub::MailedDelivery>& mailed) {
    for (const auto& one : mailed) heard.push_back(one.recipient.text());
  };
  TempStore store(way);
  send(store, "1", {"H37.02", "H53"});
  send(store, "1", {"H37.02", "H53"});
  REQUIRE(heard == Names{"H37.02", "H53"});
}

TEST_CASE("what waited for a log comes into the mailboxes when there is none any more",
          "[hub][mailbox]") {
  TempStore store(by_log());
  const auto fed = send(store, "fed", {"H37.02"});
  feed_outbox(*store, 0);
  const auto delivered = send(store, "delivered", {"H37.02"});
  const auto now = store.clock().now();
  commit_now(*store, delivered_receipt({delivered.transfer(), 0}, "early", now)).value();
  for (int i = 0; i < 300; ++i) send(store, std::to_string(i), {"H53", "G01"});
  REQUIRE(store->outbox_depth() == 302);

  store.reopen(at_once());
  REQUIRE(store->outbox_depth() == 0);
  REQUIRE(documents_in(*store, "H37.02") == Names{"fed"});
  REQUIRE(store->mailbox({agency("H53")}, {1'000, kBytes}).value().size() == 300);
  REQUIRE(store->mailbox({agency("G01")}, {1'000, kBytes}).value().size() == 300);
  REQUIRE(store->mailbox({agency("000.00.00.G22")}, {10, kBytes}).value().size() == 1);

  // What comes off is what was put on.
  const auto head = store->mailbox({agency("H53")}, {1, kBytes}).value().at(0);
  commit_now(*store, delivered_receipt(head.delivery(), "now", now)).value();
  REQUIRE(store->mailbox({agency("H53")}, {1'000, kBytes}).value().size() == 299);
}

TEST_CASE("a log that names what is in its mailbox already adds nothing", "[hub][mailbox]") {
  TempStore store(at_once());
  auto item = new_transfer({}, store.clock().now());
  commit_now(*store, item).value();
  store.reopen(by_log());
  const std::vector records = {read_record(item.record, 0, 7)};
  REQUIRE(feed(*store, {Level::one, 0}, 8, records).value().empty());
  REQUIRE(documents_in(*store, "H37.02").size() == 1);
  REQUIRE(store->outbox_depth() == 0);
}
