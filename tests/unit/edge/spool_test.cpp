#include <catch2/catch.hpp>

#include <filesystem>

#include "edge-adapter/spool/layout.hpp"
#include "pki/crypto/digest.hpp"
#include "schemas/base/limits.hpp"
#include "tests/unit/edge/world.hpp"

namespace truc::edge {
namespace {

namespace fs = std::filesystem;

constexpr const char* kTransfer = "0193563e-0000-7000-8000-0000000000ab";

ReceivedRecord received(const std::string& document_id) {
  return {.key = {.sender = agency(kSender),
                  .document_id = DocumentId::parse(document_id).value(),
                  .recipient = agency(kRecipient)},
          .delivery = {.transfer = TransferId::parse(kTransfer).value(), .index = 3},
          .kind = delivery::ItemKind::document,
          .sha256 = pki::sha256("x"),
          .code_number = "12",
          .code_notation = "VPCP-TTĐT",
          .promulgation_date = "2026/11/22",
          .handed_over_at = Time{},
          .delivered_receipt = "{}",
          .registered_receipt = ""};
}

OutboundItem item_in(OutboundState state) {
  OutboundItem item{.id = kTransfer,
                    .agency = agency(kSender),
                    .name = "Công văn.edxml",
                    .form = DropForm::package,
                    .claimed_at = Time{},
                    .state = state,
                    .facts = std::nullopt,
                    .outcome = std::nullopt,
                    .registers = std::nullopt};
  item.facts =
      PackageFacts{.kind = edxml::PackageKind::status,
                   .sender = agency(kSender),
                   .document_id = DocumentId::parse("d").value(),
                   .sha256 = pki::sha256("x"),
                   .size = 1,
                   .priority = edxml::Priority::very_urgent,
                   .beside = {{"Tờ trình.pdf", pki::sha256("y"), 7}},
                   .status = PackageFacts::Status{.code = edxml::StatusCode::registered,
                                                  .document_sender = agency(kRecipient),
                                                  .document_id = DocumentId::parse("e").value()}};
  item.outcome = Outcome{.published_name = "Công văn~2",
                         .transfer = TransferId::parse(kTransfer).value(),
                         .receipt = "{\"r\":1}",
                         .problem_json = "{}",
                         .refusal_text = "không"};
  item.registers = received("d").delivery;
  return item;
}

}  // namespace

TEST_CASE("an outbound item is read back as it was written", "[edge][spool]") {
  const auto state =
      GENERATE(OutboundState::claimed, OutboundState::prepared, OutboundState::accepted,
               OutboundState::registering, OutboundState::refused);
  const std::string json = to_json(item_in(state));
  const auto read = parse_outbound_item(json);
  REQUIRE(read);
  CHECK(to_json(read.value()) == json);
  CHECK(read.value().facts->status->document_id.text() == "e");
}

TEST_CASE("an item without what belongs to its state is malformed", "[edge][spool]") {
  OutboundItem prepared = item_in(OutboundState::prepared);
  prepared.facts.reset();
  CHECK_FALSE(parse_outbound_item(to_json(prepared)));
  OutboundItem accepted = item_in(OutboundState::accepted);
  accepted.outcome->transfer.reset();
  CHECK_FALSE(parse_outbound_item(to_json(accepted)));
  OutboundItem registering = item_in(OutboundState::registering);
  registering.registers.reset();
  CHECK_FALSE(parse_outbound_item(to_json(registering)));
}

TEST_CASE("a name in an item's file never leads out of its folder", "[edge][spool]") {
  OutboundItem item = item_in(OutboundState::accepted);
  item.outcome->published_name = "../x";
  CHECK_FALSE(parse_outbound_item(to_json(item)));
  item = item_in(OutboundState::prepared);
  item.facts->beside[0].name = "../x";
  CHECK_FALSE(parse_outbound_item(to_json(item)));
}

TEST_CASE("the ledger finds a document by its key and by its delivery", "[edge][spool]") {
  const TempFolder folder;
  PosixFiles files;
  const SpoolLayout layout(folder.path() + "/spool");
  REQUIRE(prepare_folders(files, layout, {}));
  Ledger ledger(files, layout);
  REQUIRE(ledger.record(received("a")));

  const auto by_key = ledger.find(received("a").key);
  REQUIRE(by_key);
  REQUIRE(by_key.value());
  CHECK(to_json(*by_key.value()) == to_json(received("a")));
  const auto by_delivery = ledger.find(received("a").delivery);
  REQUIRE(by_delivery);
  CHECK(by_delivery.value().has_value());
  CHECK_FALSE(ledger.find(received("b").key).value());
  auto other = received("a").key;
  other.recipient = agency("G13");
  CHECK_FALSE(ledger.find(other).value());
}

TEST_CASE("a spool has one adapter", "[edge][spool]") {
  const TempFolder folder;
  PosixFiles files;
  const SpoolLayout layout(folder.path() + "/spool");
  REQUIRE(prepare_folders(files, layout, {}));
  auto first = SpoolLock::take(layout);
  REQUIRE(first);
  CHECK_FALSE(SpoolLock::take(layout));
  first.value().reset();
  CHECK(SpoolLock::take(layout));
}

TEST_CASE("the spool is private, the drop folders are the group's", "[edge][spool]") {
  const TempFolder folder;
  PosixFiles files;
  World world(folder.path(), files);
  const auto mode = [&](const std::string& path) {
    return static_cast<unsigned>(fs::status(folder.path() + "/" + path).permissions());
  };
  CHECK(mode("spool") == 0700);
  CHECK(mode("spool/received") == 0700);
  CHECK(mode("agency/in") == 0770);
  CHECK(mode("agency/out") == 0770);
}

TEST_CASE("moving never replaces and says what stood in its way", "[edge][spool]") {
  const TempFolder folder;
  PosixFiles files;
  const std::string a = folder.path() + "/a", b = folder.path() + "/b";
  REQUIRE(files.create(a, "1", Access::own));
  REQUIRE(files.create(b, "2", Access::own));
  CHECK(files.move(a, b).value() == Moved::target_exists);
  CHECK(files.read(b, 10).value() == "2");
  REQUIRE(files.remove_file(b));
  CHECK(files.move(a, b).value() == Moved::moved);
  CHECK(files.move(a, b).value() == Moved::source_absent);
}

TEST_CASE("no file operation follows a symbolic link", "[edge][spool]") {
  const TempFolder folder;
  PosixFiles files;
  const std::string target = folder.path() + "/target", link = folder.path() + "/link";
  REQUIRE(files.create(target, "secret", Access::own));
  fs::create_symlink(target, link);
  CHECK_FALSE(files.read(link, 100));
  CHECK_FALSE(files.create(link, "x", Access::own));
  CHECK(files.find(link).value()->type == EntryType::other);
  CHECK(files.read(target, 100).value() == "secret");
}

TEST_CASE("a file beyond the bound is refused before it is read", "[edge][spool]") {
  const TempFolder folder;
  PosixFiles files;
  const std::string path = folder.path() + "/a";
  REQUIRE(files.create(path, "12345", Access::own));
  CHECK(files.read(path, 5));
  CHECK(files.read(path, 4).error().code() == ErrorCode::body_too_large);
}

}  // namespace truc::edge
