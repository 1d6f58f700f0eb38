// Receipts cut short: what their signer repeats is kept once, and every text comes back exactly.
#include "hub/store/signer_texts.hpp"

#include <catch2/catch.hpp>

#include "hub/store/entries.hpp"
#include "hub/store/keys.hpp"
#include "pki/crypto/digest.hpp"
#include "pki/receipt/receipt.hpp"
#include "tests/support/store/temp_store.hpp"
#include "tests/support/test_pki.hpp"

using namespace truc;
using namespace truc::test;

namespace {

std::string signed_receipt(const pki::ReceiptSigner& signer, const std::string& document) {
  return signer
      .sign({.kind = pki::ReceiptKind::accepted,
             .transfer = new_transfer_id(SystemClock().now()),
             .delivery_index = std::nullopt,
             .sender = agency("000.00.00.G22"),
             .document_id = DocumentId::parse(document).value(),
             .document_sha256 = pki::sha256(document),
             .recipients = {agency("H37.02")},
             .issuer = "hub:vn1",
             .issued_at = SystemClock().now(),
             .revocation_known_at = SystemClock().now()})
      .value()
      .json();
}

pki::ReceiptSigner hub_signer() {
  static testing::TestPki pki;
  return pki::ReceiptSigner::make(pki.hub_receipts("vn1").load()).value();
}

std::size_t count_signers(const hub::Database& database) {
  std::size_t rows = 0;
  const auto cursor = database.cursor(hub::Family::signers, {}, {});
  for (cursor->seek_first(); cursor->is_valid(); cursor->next()) ++rows;
  return rows;
}

}  // namespace

TEST_CASE("a receipt is kept without its certificates and comes back exactly", "[hub][store]") {
  TempStore store;
  auto& database = store.database();
  hub::SignerTexts texts(database);
  const auto signer = hub_signer();
  const auto first = signed_receipt(signer, "one");
  const auto second = signed_receipt(signer, "two");

  hub::WriteSet writes;
  const auto short_first = texts.shorten(writes, first);
  const auto short_second = texts.shorten(writes, second);
  REQUIRE(hub::SignerTexts::is_short(short_first));
  REQUIRE(short_first.size() < first.size() / 2);
  database.write(writes, hub::Sync::yes).value();
  REQUIRE(count_signers(database) == 1);
  REQUIRE(texts.lengthen(short_first, nullptr).value() == first);
  REQUIRE(texts.lengthen(short_second, nullptr).value() == second);

  hub::SignerTexts after_a_restart(database);
  REQUIRE(after_a_restart.lengthen(short_second, nullptr).value() == second);
  hub::WriteSet nothing;
  REQUIRE(after_a_restart.shorten(nothing, first) == short_first);
  REQUIRE(nothing.is_empty());
}

TEST_CASE("what a failed write should have kept is written again", "[hub][store]") {
  TempStore store;
  hub::SignerTexts texts(store.database());
  const auto receipt = signed_receipt(hub_signer(), "one");
  {
    hub::WriteSet lost;
    texts.shorten(lost, receipt);
  }
  hub::WriteSet writes;
  const auto kept = texts.shorten(writes, receipt);
  store.database().write(writes, hub::Sync::yes).value();
  REQUIRE(texts.lengthen(kept, nullptr).value() == receipt);
}

TEST_CASE("a text that is no receipt stays as it is", "[hub][store]") {
  TempStore store;
  hub::SignerTexts texts(store.database());
  const std::string long_header(300, 'c');
  const auto text =
      GENERATE_COPY(std::string(), std::string("receipt of x"),
                    std::string(R"({"protected":"a","signature":"b"})"),
                    R"({"signature":"b","protected":")" + long_header + "\"}",
                    R"({"protected":")" + long_header + "\2" + R"(","signature":"b"})");
  hub::WriteSet writes;
  REQUIRE(texts.shorten(writes, text) == text);
  REQUIRE(writes.is_empty());
  REQUIRE(texts.lengthen(text, nullptr).value() == text);
}

TEST_CASE("a short receipt that is damaged, or whose certificates are gone, is refused",
          "[hub][store]") {
  TempStore store;
  hub::SignerTexts texts(store.database());
  hub::WriteSet writes;
  const auto kept = texts.shorten(writes, signed_receipt(hub_signer(), "one"));
  const auto refusal_of = [&](std::string text) {
    const auto refused = texts.lengthen(std::move(text), nullptr);
    REQUIRE_FALSE(refused);
    return refused.error().code();
  };
  REQUIRE(refusal_of(kept) == ErrorCode::storage_corrupt);  // nothing was written
  store.database().write(writes, hub::Sync::yes).value();
  REQUIRE(texts.lengthen(kept, nullptr));
  REQUIRE(refusal_of(kept.substr(0, 1)) == ErrorCode::storage_corrupt);
  REQUIRE(refusal_of(kept.substr(0, 70)) == ErrorCode::storage_corrupt);
  auto another = kept;
  another[1] = another[1] == 'a' ? 'b' : 'a';
  REQUIRE(refusal_of(another) == ErrorCode::storage_corrupt);
}

TEST_CASE("a document's receipts are exact also after reopening", "[hub][receipts]") {
  TempStore store(at_once());
  const auto signer = hub_signer();
  auto item = new_transfer({}, store.clock().now());
  item.record.receipt = signed_receipt(signer, "accepted");
  const auto accepted = item.record;
  commit_now(*store, std::move(item)).value();
  const DeliveryId delivery{accepted.id, 0};
  const auto delivered = signed_receipt(signer, "delivered");
  const auto stated = delivered_receipt(delivery, delivered, store.clock().now());
  const auto carrier = stated.to_sender.record.id;
  commit_now(*store, stated).value();
  REQUIRE(count_signers(store.database()) == 1);

  store.reopen();
  REQUIRE(store->transfer(accepted.id).value()->receipt == accepted.receipt);
  REQUIRE(store->delivery_state(delivery).value().delivered_receipt == delivered);
  REQUIRE(*store->bytes(carrier).value() == delivered);
  REQUIRE(store->latest(1).value().front().deliveries.front().delivered_receipt == delivered);
  // The same again is no conflict.
  const auto again =
      commit_now(*store, delivered_receipt(delivery, delivered, store.clock().now())).value();
  REQUIRE(again.outcome() == hub::Durable::Outcome::repeated);
  REQUIRE(again.receipt() == delivered);
}

namespace {

// Several hubs' store whose journal is the test.
struct Replayed {
  class Line final : public hub::ChangeLog {
   public:
    void propose(std::unique_ptr<hub::SharedChange> change) override {
      change->finish(Failure(ErrorCode::cut_off));
    }
  };

  Result<void> replay(const std::vector<std::string>& entries, std::int64_t next) {
    std::vector<std::unique_ptr<hub::Change>> changes;
    for (const auto& entry : entries)
      changes.push_back(store->change_of(hub::parse_entry(entry).value()));
    return store->replay(std::move(changes), {.next = next, .members = {}});
  }

  Line line;
  TempStore store{hub::StoreSettings{.journal = &line}};
};

}  // namespace

TEST_CASE("what one write holds is read within it, certificates and all", "[hub][store]") {
  Replayed hub;
  auto& store = hub.store;
  const auto signer = hub_signer();
  auto item = new_transfer({}, store.clock().now());
  item.record.receipt = signed_receipt(signer, "accepted");
  const DeliveryId delivery{item.record.id, 0};
  const auto text = signed_receipt(signer, "delivered");
  const auto delivered = delivered_receipt(delivery, text, store.clock().now());
  const auto registered = registered_receipt(delivery, text, store.clock().now());
  REQUIRE(hub.replay({hub::to_entry(item), hub::to_entry(item), hub::to_entry(delivered),
                      hub::to_entry(registered)},
                     4));
  const auto state = store->delivery_state(delivery).value();
  REQUIRE(state.delivered_receipt == text);
  REQUIRE(state.registered_receipt == text);
  REQUIRE(store->outbox(0, 10, std::chrono::milliseconds(0)).value().size() == 3);
}

TEST_CASE("what the store could not decide is not left out of what all hubs have", "[hub][store]") {
  Replayed hub;
  auto& store = hub.store;
  const auto item = new_transfer({.document_id = "one"}, store.clock().now());
  const DeliveryId delivery{item.record.id, 0};
  REQUIRE(hub.replay({hub::to_entry(item)}, 1));
  hub::WriteSet damage;
  store.database().put(damage, hub::Family::deliveries, hub::keys::delivery(delivery), "rubbish");
  store.database().write(damage, hub::Sync::yes).value();

  const auto other = new_transfer({.document_id = "two"}, store.clock().now());
  const auto receipt = delivered_receipt(delivery, "text", store.clock().now());
  const std::vector<std::string> entries = {hub::to_entry(other), hub::to_entry(receipt)};
  REQUIRE(hub.replay(entries, 3).error().code() == ErrorCode::storage_corrupt);
  REQUIRE(store->transfer(other.record.id).value() == nullptr);
  REQUIRE(store->journal_position().value().next == 1);

  hub::WriteSet mended;
  store.database().erase(mended, hub::Family::deliveries, hub::keys::delivery(delivery));
  store.database().write(mended, hub::Sync::yes).value();
  REQUIRE(hub.replay(entries, 3));
  REQUIRE(store->delivery_state(delivery).value().delivered_receipt == "text");
  REQUIRE(store->outbox(0, 10, std::chrono::milliseconds(0)).value().back().sequence == 3);
}
