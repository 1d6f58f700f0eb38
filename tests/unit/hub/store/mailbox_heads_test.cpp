// Where mailboxes begin: whatever the order of announcing, writing, looking and finding, nothing
// that is or will be in a mailbox stands before its head.
#include "hub/store/mailbox_heads.hpp"

#include <atomic>
#include <catch2/catch.hpp>
#include <optional>
#include <random>
#include <set>
#include <thread>

#include "hub/store/keys.hpp"
#include "tests/support/store/temp_store.hpp"

using namespace truc;
using namespace truc::test;

namespace {

using Keys = std::set<std::string>;

// One mailbox as RocksDB would have it, and readers that are anywhere on their way.
class Model {
 public:
  explicit Model(std::uint64_t seed) : random_(seed) {}

  void step() {
    switch (random_() % 6) {
      case 0:
        return announce();
      case 1:
        return settle();
      case 2:
        return take_off();
      case 3:
        return look(reader());
      case 4:
        return open_cursor(reader());
      default:
        return find(reader());
    }
  }

  void require_nothing_hidden() const {
    const auto from = heads_.look(recipient_).from;
    if (!visible_.empty()) REQUIRE(from <= *visible_.begin());
    if (!announced_.empty()) REQUIRE(from <= *announced_.begin());
  }

 private:
  struct Reader {
    std::optional<hub::MailboxHeads::Look> look;
    std::optional<std::string> first;  // what its cursor shows
  };

  // Urgent ones come before what is there.
  void announce() {
    const auto priority = static_cast<edxml::Priority>(random_() % 5);
    const auto id = new_transfer_id(Time(std::chrono::milliseconds(++number_)));
    auto key = hub::keys::mailbox(recipient_, priority, number_, {id, 0});
    heads_.will_put(recipient_, key);
    announced_.insert(std::move(key));
  }
  // One write in four fails.
  void settle() {
    if (random_() % 4 != 0) visible_.insert(announced_.begin(), announced_.end());
    announced_.clear();
    heads_.written();
  }
  void take_off() {
    if (visible_.empty()) return;
    const auto skipped = static_cast<std::ptrdiff_t>(random_() % visible_.size());
    visible_.erase(random_() % 2 == 0 ? visible_.begin() : std::next(visible_.begin(), skipped));
  }
  void look(Reader& reader) const {
    if (!reader.first) reader.look.emplace(heads_.look(recipient_));
  }
  void open_cursor(Reader& reader) const {
    if (!reader.look || reader.first) return;
    const auto first = visible_.lower_bound(reader.look->from);
    reader.first = first == visible_.end() ? reader.look->end : *first;
  }
  void find(Reader& reader) {
    if (!reader.first) return;
    heads_.found(recipient_, *reader.look, *reader.first);
    reader = {};
  }
  Reader& reader() { return readers_[random_() % readers_.size()]; }

  std::mt19937_64 random_;
  const AgencyCode recipient_ = agency("H37.02");
  hub::MailboxHeads heads_;
  Keys announced_;  // in the write that is being made
  Keys visible_;
  std::int64_t number_ = 0;
  std::array<Reader, 3> readers_;
};

}  // namespace

TEST_CASE("nothing stands before a mailbox's head, in any order of events", "[hub][mailbox]") {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    INFO("seed " << seed);
    Model model(seed);
    for (int i = 0; i < 1'000; ++i) {
      model.step();
      model.require_nothing_hidden();
    }
  }
}

TEST_CASE("a head rises over what was taken off, and falls for what comes in front of it",
          "[hub][mailbox]") {
  hub::MailboxHeads heads;
  const auto recipient = agency("H37.02");
  const auto key = [&](edxml::Priority priority, std::int64_t position) {
    const auto id = new_transfer_id(Time(std::chrono::milliseconds(position)));
    return hub::keys::mailbox(recipient, priority, position, {id, 0});
  };
  const auto fifth = key(edxml::Priority::normal, 5);
  heads.found(recipient, heads.look(recipient), fifth);
  REQUIRE(heads.look(recipient).from == fifth);
  const auto urgent = key(edxml::Priority::urgent, 6);
  heads.will_put(recipient, urgent);
  REQUIRE(heads.look(recipient).from == urgent);

  const auto before_the_write_ended = heads.look(recipient);
  heads.written();
  heads.found(recipient, before_the_write_ended, fifth);
  REQUIRE(heads.look(recipient).from == urgent);
  const auto after = heads.look(recipient);
  heads.found(recipient, after, after.end);
  REQUIRE(heads.look(recipient).from == after.end);
  REQUIRE(heads.look(agency("H37")).from == hub::keys::mailbox_prefix(agency("H37")));
}

TEST_CASE("a head rises also while others are announced", "[hub][mailbox]") {
  hub::MailboxHeads heads;
  const auto recipient = agency("H37.02");
  std::int64_t position = 0;
  const auto next_key = [&] {
    const auto id = new_transfer_id(Time(std::chrono::milliseconds(++position)));
    return hub::keys::mailbox(recipient, edxml::Priority::normal, position, {id, 0});
  };
  heads.will_put(recipient, next_key());
  heads.written();
  const auto look = heads.look(recipient);
  const auto second = next_key();
  heads.will_put(recipient, second);  // behind what the reader finds
  const auto first = look.from + "x";
  heads.found(recipient, look, first);
  REQUIRE(heads.look(recipient).from == first);
  // The reader has found nothing, and there will be something.
  heads.found(recipient, look, look.end);
  REQUIRE(heads.look(recipient).from == second);
  // Too many since for all of them to be known.
  const auto early = heads.look(recipient);
  for (int i = 0; i < 20; ++i) heads.will_put(recipient, next_key());
  heads.found(recipient, early, early.end);
  REQUIRE(heads.look(recipient).from == second);
}

TEST_CASE("a mailbox that many look at shows everything that is in it", "[hub][mailbox]") {
  constexpr int kDocuments = 600;
  TempStore store(at_once());
  std::atomic<int> committed = 0;
  std::atomic<int> taken = 0;
  std::atomic<bool> is_over = false;
  std::atomic<int> missed = 0;
  // What is durable and in nobody's hands when the look begins has to be seen.
  const auto look = [&] {
    while (!is_over) {
      const int from = taken + 1;  // one may be on its way off
      const int until = committed;
      const auto entries = store->mailbox({agency("H37.02")}, {1'000, 10'000'000}).value();
      std::set<std::string> seen;
      for (const auto& entry : entries) seen.insert(entry.transfer->document_id.text());
      const int gone = taken + 1;
      for (int i = std::max(from, gone); i < until; ++i)
        if (!seen.contains(std::to_string(i))) ++missed;
    }
  };
  std::vector<std::thread> readers;
  for (int i = 0; i < 2; ++i) readers.emplace_back(look);
  std::vector<TransferId> ids;
  std::thread sender([&] {
    for (int i = 0; i < kDocuments; ++i) {
      // Every other one overtakes what waits.
      const auto priority = i % 2 == 0 ? edxml::Priority::normal : edxml::Priority::urgent;
      auto item = new_transfer({.document_id = std::to_string(i), .priority = priority},
                               store.clock().now());
      ids.push_back(item.record.id);
      commit_now(*store, std::move(item)).value();
      ++committed;
      if (i < 50) continue;
      const DeliveryId delivery{ids[static_cast<std::size_t>(i - 50)], 0};
      commit_now(*store, delivered_receipt(delivery, "r", store.clock().now())).value();
      ++taken;
    }
    is_over = true;
  });
  sender.join();
  for (auto& reader : readers) reader.join();
  REQUIRE(missed == 0);
  REQUIRE(documents_in(*store, "H37.02").size() == 50);
}
