// Hubs over one journal in memory: what each of them has, tells and serves.
#include <catch2/catch.hpp>

#include <chrono>
#include <functional>
#include <thread>

#include "hub/journal/replicator.hpp"
#include "hub/store/entries.hpp"
#include "hub/store/keys.hpp"
#include "pki/crypto/digest.hpp"
#include "tests/support/store/memory_journal.hpp"
#include "tests/support/store/temp_store.hpp"

using namespace truc;
using namespace truc::test;
using namespace std::chrono_literals;
using hub::Place;

namespace {

const auto kSystem = SystemId::parse("00.53.W00").value();
constexpr hub::RetryPauses kShortPauses{1ms, 2ms};

void wait_until(const std::function<bool()>& holds) {
  const auto until = std::chrono::steady_clock::now() + 20s;
  while (!holds()) {
    REQUIRE(std::chrono::steady_clock::now() < until);
    std::this_thread::yield();
  }
}

struct Patience {
  std::chrono::milliseconds lease;
  std::chrono::milliseconds silence;
};
constexpr Patience kLong{20s, 30s};  // nobody is taken off the list because a machine is slow
constexpr Patience kShort{400ms, 500ms};

// A hub as far as it is its store and its replicator.
class Node {
 public:
  Node(MemoryJournal& journal, const std::string& name, const Patience& patience = kLong)
      : line(journal),
        replicator(
            line,
            {.hub = name,
             .run = "1",
             .heartbeat_every = 5ms,
             .lease = patience.lease,
             .silence_max = patience.silence},
            log, [this] { ++moved; }, kShortPauses),
        store({.journal = &replicator}) {
    replicator.start(*store, name + ".example:8443");
  }
  ~Node() { stop(); }
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  void stop() { replicator.stop(); }
  void serve() {
    wait_until([this] { return replicator.is_serving(); });
  }
  Place::Where where() const { return replicator.place_of(kSystem).where; }
  std::vector<std::string> documents() { return documents_in(*store, "H37.02"); }

  telemetry::Log log{telemetry::LogLevel::error};
  std::atomic<int> moved{0};
  MemoryJournal::Line line;
  hub::Replicator replicator;
  TempStore store;
};

hub::NewTransfer document(Node& node, const std::string& name) {
  return new_transfer(Draft{.document_id = name}, node.store.clock().now());
}

// Each of them serves, and knows of the other.
void wait_for_both(Node& one, Node& other) {
  for (Node* node : {&one, &other}) {
    wait_until(
        [node] { return node->replicator.is_serving() && node->replicator.hubs().size() == 2; });
  }
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("what one hub accepts, every hub has", "[hub][replicator]") {
  MemoryJournal journal;
  Node one(journal, "h1");
  Node other(journal, "h2");
  one.serve();
  const auto durable = commit_now(*one.store, document(one, "a"));
  REQUIRE(durable);
  CHECK(one.documents() == Names{"a"});
  wait_until([&] { return other.documents() == Names{"a"}; });
  const auto transfer = other.store->transfer(durable.value().transfer()).value();
  REQUIRE(transfer);
  CHECK(transfer->receipt == durable.value().receipt());
}

TEST_CASE("the same document at two hubs is the first one, with its receipt", "[hub][replicator]") {
  MemoryJournal journal;
  Node one(journal, "h1");
  Node other(journal, "h2");
  wait_for_both(one, other);
  std::optional<Result<hub::Durable>> first;
  std::optional<Result<hub::Durable>> second;
  // Both are proposed before either is answered: the reports are held.
  one.line.hold_reports(true);
  other.line.hold_reports(true);
  std::thread at_one([&] { first.emplace(commit_now(*one.store, document(one, "a"))); });
  std::thread at_other([&] { second.emplace(commit_now(*other.store, document(other, "a"))); });
  const auto has_two = [&] {
    int count = 0;
    for (const auto& record : journal.records())
      count += record.value.find("accept") != std::string::npos;
    return count == 2;
  };
  wait_until(has_two);
  one.line.report(success());
  other.line.report(success());
  at_one.join();
  at_other.join();
  REQUIRE(*first);
  REQUIRE(*second);
  CHECK(first->value().receipt() == second->value().receipt());
  CHECK(first->value().transfer() == second->value().transfer());
  CHECK((first->value().outcome() == hub::Durable::Outcome::stored) !=
        (second->value().outcome() == hub::Durable::Outcome::stored));
  CHECK(one.documents() == Names{"a"});
  CHECK(other.documents() == Names{"a"});
}

TEST_CASE("two contents under one DocumentId at two hubs: one is refused, at both the same",
          "[hub][replicator]") {
  MemoryJournal journal;
  Node one(journal, "h1");
  Node other(journal, "h2");
  wait_for_both(one, other);
  REQUIRE(commit_now(*one.store, document(one, "a")));
  auto another =
      new_transfer({.document_id = "a", .content = "<other/>"}, other.store.clock().now());
  const auto refused = commit_now(*other.store, std::move(another));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code() == ErrorCode::document_conflict);
}

TEST_CASE("nothing is acknowledged before the replicas have it", "[hub][replicator]") {
  MemoryJournal journal;
  Node one(journal, "h1");
  one.serve();
  one.line.hold_reports(true);
  std::optional<Result<hub::Durable>> outcome;
  std::thread sender([&] { outcome.emplace(commit_now(*one.store, document(one, "a"))); });
  wait_until([&] { return journal.records().back().value.find("accept") != std::string::npos; });
  SECTION("and they have it") {
    one.line.report(success());
    sender.join();
    CHECK(*outcome);
  }
  SECTION("or they do not, as far as is known: refused, and there all the same") {
    one.line.report(Failure(ErrorCode::event_log_failed));
    sender.join();
    REQUIRE_FALSE(*outcome);
    CHECK(outcome->error().code() == ErrorCode::event_log_failed);
    one.line.hold_reports(false);
    // The sender comes again, and it is the same document.
    wait_until([&] { return one.documents() == Names{"a"}; });
    const auto again = commit_now(*one.store, document(one, "a"));
    REQUIRE(again);
    CHECK(again.value().outcome() == hub::Durable::Outcome::repeated);
  }
}

TEST_CASE("a hub that is cut off refuses, serves nobody, and comes back", "[hub][replicator]") {
  MemoryJournal journal;
  Node one(journal, "h1", kShort);
  one.serve();
  wait_until([&] { return one.where() == Place::Where::here; });
  const int moved = one.moved;
  one.line.cut(true);
  wait_until([&] { return one.where() == Place::Where::nowhere; });
  wait_until([&] { return one.moved > moved; });
  const auto refused = commit_now(*one.store, document(one, "a"));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code() == ErrorCode::cut_off);
  one.line.cut(false);
  one.serve();
  CHECK(commit_now(*one.store, document(one, "a")));
}

TEST_CASE("a hub that is cut off between its own entry and the report of it tells so in time",
          "[hub][replicator]") {
  MemoryJournal journal;
  Node one(journal, "h1", kShort);
  one.serve();
  wait_until([&] { return one.where() == Place::Where::here; });
  one.line.hold_reports(true);
  std::optional<Result<hub::Durable>> outcome;
  std::thread sender([&] { outcome.emplace(commit_now(*one.store, document(one, "a"))); });
  wait_until([&] { return journal.records().back().value.find("accept") != std::string::npos; });
  const auto has_read = [&] {
    return one.replicator.counters().end == static_cast<std::int64_t>(journal.records().size());
  };
  wait_until(has_read);
  const int moved = one.moved;
  one.line.cut(true);
  wait_until([&] { return one.where() == Place::Where::nowhere; });
  wait_until([&] { return one.moved > moved; });
  // Only now does it hear of its entry.
  one.line.report(success());
  sender.join();
  CHECK(*outcome);
}

TEST_CASE("the mailboxes of one that is silent go to the others, and never are two's",
          "[hub][replicator]") {
  MemoryJournal journal;
  Node one(journal, "h1", kShort);
  Node other(journal, "h2", kShort);
  wait_for_both(one, other);
  const auto is_here = [](const Node& node) { return node.where() == Place::Where::here; };
  wait_until([&] { return is_here(one) || is_here(other); });
  Node& owner = is_here(one) ? one : other;
  Node& heir = &owner == &one ? other : one;
  CHECK(heir.replicator.place_of(kSystem).address ==
        std::string(&owner == &one ? "h1" : "h2") + ".example:8443");
  owner.line.cut(true);
  bool were_two = false;
  wait_until([&] {
    // Asked in this order: the owner may stop between the two, but not begin.
    const bool is_heir = heir.where() == Place::Where::here;
    were_two = were_two || (is_heir && owner.where() == Place::Where::here);
    return is_heir;
  });
  CHECK_FALSE(were_two);
  owner.line.cut(false);
  wait_until([&] { return owner.where() == Place::Where::here; });
  wait_until([&] { return heir.where() == Place::Where::elsewhere; });
}

TEST_CASE("one that leaves says who serves now", "[hub][replicator]") {
  MemoryJournal journal;
  Node one(journal, "h1");
  Node other(journal, "h2");
  wait_for_both(one, other);
  one.replicator.leave();
  const auto place = one.replicator.place_of(kSystem);
  CHECK(place.where == Place::Where::elsewhere);
  CHECK(place.address == "h2.example:8443");
  // What is under way still ends well.
  CHECK(commit_now(*one.store, document(one, "a")));
  wait_until([&] { return other.where() == Place::Where::here; });
}

TEST_CASE("one that was taken off the list is taken over from at its own word",
          "[hub][replicator]") {
  MemoryJournal journal;
  Node one(journal, "h2", {.lease = 60s, .silence = 60s});  // longer than this test waits
  one.serve();
  MemoryJournal::Line absent(journal);
  const auto say = [&](const std::string& key, bool has_joined) {
    const hub::MemberChange change{
        .has_joined = has_joined, .hub = "h3", .run = "1", .address = "h3.example:8443"};
    absent.append(key, hub::to_entry(change), [](const Result<void>&) {});
  };
  say("h3/1/1", true);  // by its name it has kSystem when both are there
  wait_until([&] { return one.where() == Place::Where::elsewhere; });
  say("h4/1/1", false);
  wait_until([&] { return one.replicator.hubs().size() == 1; });
  CHECK(one.where() == Place::Where::nowhere);
  say("h3/1/2", false);
  wait_until([&] { return one.where() == Place::Where::here; });
}

TEST_CASE("one that joins serves once the others know of it", "[hub][replicator]") {
  MemoryJournal journal;
  Node one(journal, "h2");
  one.serve();
  wait_until([&] { return one.where() == Place::Where::here; });
  one.line.hold_reading(true);
  Node late(journal, "h3");  // by its name it has kSystem when both are there
  late.serve();
  // It is on its own list, and the former owner goes by the one before.
  REQUIRE(late.replicator.hubs().size() == 2);
  CHECK(late.where() == Place::Where::nowhere);
  CHECK(one.where() == Place::Where::here);
  one.line.hold_reading(false);
  bool were_two = false;
  wait_until([&] {
    const bool is_late = late.where() == Place::Where::here;
    were_two = were_two || (is_late && one.where() == Place::Where::here);
    return is_late;
  });
  CHECK_FALSE(were_two);
}

TEST_CASE("a lease does not outlive the news that one was taken off the list",
          "[hub][replicator]") {
  MemoryJournal journal;
  Node one(journal, "h1", kShort);
  one.serve();
  // Its heartbeats come back, and the entries do not: what it sends from now on is worth nothing.
  one.line.hold_entries(true);
  journal.put(hub::to_entry(hub::MemberChange{false, "h1", "1", ""}));
  wait_until([&] { return one.where() == Place::Where::nowhere; });
  CHECK_FALSE(one.replicator.is_serving());
  CHECK(one.replicator.hubs().size() == 1);
  one.line.hold_entries(false);
  one.serve();
}

TEST_CASE("a duty of one hub for all is one hub's", "[hub][replicator]") {
  MemoryJournal journal;
  Node one(journal, "h1");
  Node other(journal, "h2");
  wait_for_both(one, other);
  wait_until(
      [&] { return one.replicator.has_duty("relay") || other.replicator.has_duty("relay"); });
  CHECK(one.replicator.has_duty("relay") != other.replicator.has_duty("relay"));
}

TEST_CASE("an empty store is filled from the journal, as the others are", "[hub][replicator]") {
  MemoryJournal journal;
  Node one(journal, "h1");
  one.serve();
  Names names;
  for (int i = 0; i < 700; ++i) {
    names.push_back("d" + std::to_string(i));
    REQUIRE(commit_now(*one.store, document(one, names.back())));
  }
  const auto listed = one.store->mailbox({agency("H37.02")}, {1'000, 1'000'000}).value();
  REQUIRE(commit_now(
      *one.store, delivered_receipt(listed.front().delivery(), "signed", one.store.clock().now())));
  Node late(journal, "h2");
  late.serve();
  wait_until([&] {
    return late.store->mailbox({agency("H37.02")}, {1'000, 1'000'000}).value().size() == 699;
  });
  const auto at_late = late.store->mailbox({agency("H37.02")}, {1'000, 1'000'000}).value();
  const auto at_one = one.store->mailbox({agency("H37.02")}, {1'000, 1'000'000}).value();
  REQUIRE(at_late.size() == at_one.size());
  for (std::size_t i = 0; i < at_one.size(); ++i)
    REQUIRE(at_late[i].delivery() == at_one[i].delivery());
  CHECK(late.store->delivery_state(listed.front().delivery()).value().delivered_receipt ==
        "signed");
}

TEST_CASE("an attachment that was uploaded at two hubs is whole at both", "[hub][replicator]") {
  MemoryJournal journal;
  Node one(journal, "h1");
  Node other(journal, "h2");
  wait_for_both(one, other);
  const std::string content = "first half, second half";
  const auto digest = pki::sha256(content);
  REQUIRE(one.store->stage(kSystem, digest, content.size(), 0, content.substr(0, 12)));
  wait_until([&] { return other.store->staged(kSystem, digest).value().received == 12; });
  const auto staged =
      other.store->stage(kSystem, digest, content.size(), 12, content.substr(12)).value();
  CHECK(staged.complete);
  wait_until([&] { return one.store->staged(kSystem, digest).value().complete; });
  auto item =
      new_transfer({.document_id = "with", .attachments = {content}}, one.store.clock().now());
  REQUIRE(commit_now(*one.store, std::move(item)));
  wait_until([&] { return other.store->read_attachment(digest, 0).has_value(); });
  for (Node* node : {&one, &other}) {
    std::string read = node->store->read_attachment(digest, 0).value();
    read += node->store->read_attachment(digest, read.size()).value();
    CHECK(read == content);
  }
  CHECK(one.store->staged(kSystem, digest).value().received == 0);
}

TEST_CASE("an entry that cannot be understood stops a hub and is named", "[hub][replicator]") {
  MemoryJournal journal;
  Node one(journal, "h1", kShort);
  one.serve();
  REQUIRE(commit_now(*one.store, document(one, "before")));
  journal.put("rubbish");
  wait_until([&] { return one.replicator.failures() > 0; });
  wait_until([&] { return one.where() == Place::Where::nowhere; });
  CHECK(one.documents() == Names{"before"});
  const auto place = one.store->journal_position().value().next;
  CHECK(journal.records().at(static_cast<std::size_t>(place)).value == "rubbish");
}

TEST_CASE("of two hubs with one name the later one serves", "[hub][replicator]") {
  MemoryJournal journal;
  Node first(journal, "h1", kShort);
  first.serve();
  // What another start of a hub of this name would append.
  journal.put(hub::to_entry(hub::MemberChange{true, "h1", "other", "other.example:8443"}));
  wait_until([&] { return first.where() == Place::Where::nowhere; });
  const auto size = journal.records().size();
  Node second(journal, "h2", kShort);
  second.serve();
  // The first has nothing to say any more; what comes is of the second.
  for (const auto& record : journal.records()) {
    if (record.offset >= static_cast<std::int64_t>(size)) CHECK(record.key.starts_with("h2/"));
  }
}

TEST_CASE("a hub that has joined twice, as its first word was slow, goes on", "[hub][replicator]") {
  MemoryJournal journal;
  Node one(journal, "h1", kShort);
  one.serve();
  journal.put(hub::to_entry(hub::MemberChange{true, "h1", "1", "h1.example:8443"}));
  REQUIRE(commit_now(*one.store, document(one, "behind it")));
  one.line.cut(true);
  wait_until([&] { return one.where() == Place::Where::nowhere; });
  one.line.cut(false);
  one.serve();
}

TEST_CASE("a journal that leaves something out is not followed", "[hub][replicator]") {
  MemoryJournal journal;
  Node one(journal, "h1", kShort);
  one.serve();
  journal.leave_out_next();
  journal.put(hub::to_entry(hub::Relayed{1}));
  wait_until([&] { return one.where() == Place::Where::nowhere; });
  CHECK(one.replicator.failures() > 0);
}

TEST_CASE("a store goes on where it stood, and applies nothing twice", "[hub][replicator]") {
  MemoryJournal journal;
  telemetry::Log log(telemetry::LogLevel::error);
  TempStore store(at_once());
  for (const std::string run : {"1", "2", "3"}) {
    MemoryJournal::Line line(journal);
    hub::Replicator replicator(
        line, {.hub = "h1", .run = run, .heartbeat_every = 5ms}, log, [] {}, kShortPauses);
    store.reopen({.journal = &replicator});
    replicator.start(*store, "h1.example:8443");
    wait_until([&] { return replicator.is_serving(); });
    REQUIRE(commit_now(*store, new_transfer({.document_id = "d" + run}, store.clock().now())));
    const auto again = commit_now(*store, new_transfer({.document_id = "d1"}, store.clock().now()));
    REQUIRE(again);
    CHECK(again.value().outcome() == hub::Durable::Outcome::repeated);
    replicator.stop();
    CHECK(replicator.hubs().size() == 1);
  }
  CHECK(documents_in(*store, "H37.02") == Names{"d1", "d2", "d3"});
}

TEST_CASE("a store and a journal that do not belong together are told apart", "[hub][replicator]") {
  MemoryJournal journal;
  MemoryJournal::Line line(journal);
  telemetry::Log log(telemetry::LogLevel::error);
  hub::Replicator replicator(line, {.hub = "h1", .run = "1"}, log, [] {}, kShortPauses);
  SECTION("made alone") {
    TempStore store(at_once());
    REQUIRE(commit_now(*store, new_transfer(Draft(), store.clock().now())));
    store.reopen({.journal = &replicator});
    CHECK(store->bind_to_journal("memory").error().code() == ErrorCode::journal_mismatch);
  }
  SECTION("made from another journal, or to be used alone from now on") {
    TempStore store({.journal = &replicator});
    REQUIRE(store->bind_to_journal("memory"));
    CHECK(store->bind_to_journal("memory"));
    CHECK(store->bind_to_journal("another").error().code() == ErrorCode::journal_mismatch);
    const auto alone = hub::RocksStore::open(store.database(), store.clock(), log, at_once());
    REQUIRE_FALSE(alone);
    CHECK(alone.error().code() == ErrorCode::journal_mismatch);
  }
}
