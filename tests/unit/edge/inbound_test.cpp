// The way in, over a hub that repeats, tampers and forgets.
#include <catch2/catch.hpp>

#include <filesystem>

#include "edge-adapter/uplink/own_receipt.hpp"
#include "edge-adapter/uplink/receipt_check.hpp"
#include "pki/crypto/digest.hpp"
#include "tests/support/refusals.hpp"
#include "tests/unit/edge/world.hpp"

namespace truc::edge {
namespace {

constexpr const char* kTransfer1 = "0193563e-0000-7000-8000-000000000001";
constexpr const char* kTransfer2 = "0193563e-0000-7000-8000-000000000002";

struct Fixture {
  TempFolder folder;
  PosixFiles files;
  World world{folder.path(), files, kRecipient};
  FakeHub& hub = world.hub();

  DeliveryId deliver(const std::string& package, const char* transfer = kTransfer1) {
    return hub.deliver(package, agency(kRecipient), transfer);
  }
  std::string in(const DeliveryId& delivery, const std::string& ending) {
    return world.read("in/" + delivery.text() + ending);
  }
  std::string quarantined_for(const DeliveryId& delivery) {
    const std::string path =
        folder.path() + "/spool/quarantine/" + delivery.text() + "/reason.json";
    const auto text = files.read(path, 100'000);
    return text ? text.value() : std::string();
  }
};

// A letter that takes two attachments of one name along, the second one long.
std::string letter_with_files(const std::string& folder) {
  PosixFiles files;
  REQUIRE(files.make_folder(folder + "/more", Access::own));
  REQUIRE(files.create(folder + "/Bảng.xlsx", "một", Access::own));
  REQUIRE(files.create(folder + "/more/Bảng.xlsx", std::string(9'000, '2'), Access::own));
  const ComposeRequest request{.from = agency(kSender),
                               .from_name = "VPCP",
                               .to = {agency(kRecipient)},
                               .number = "2",
                               .notation = "B",
                               .subject = "Kèm bảng",
                               .content = "Nội dung",
                               .type_name = "",
                               .priority = edxml::Priority::normal,
                               .attachments = {folder + "/Bảng.xlsx", folder + "/more/Bảng.xlsx"},
                               .beside_over = 0,
                               .document_id = std::nullopt,
                               .recalls = std::nullopt,
                               .updates = std::nullopt,
                               .paper = PaperCopy::none};
  return sign_as(kSender, compose_document(files, request, SystemClock().now()).value().envelope);
}

}  // namespace

TEST_CASE_METHOD(Fixture, "a document is handed over with its receipt, and acknowledged",
                 "[edge][inbound]") {
  const std::string package = sign_as(kSender, letter("d"));
  const auto delivery = deliver(package);
  REQUIRE(world.receive_all());
  CHECK(in(delivery, ".edxml") == package);
  CHECK(in(delivery, ".receipt.json").find("payload") != std::string::npos);
  const auto ours = hub.acknowledged(delivery, pki::ReceiptKind::delivered);
  REQUIRE(ours);
  const auto verified =
      pki::verify_receipt(pki::Receipt(*ours), *test_pki().trust(), SystemClock().now());
  REQUIRE(verified);
  CHECK(verified.value().claims().document_sha256 == pki::sha256(package));
  CHECK(verified.value().claims().issuer == std::string("agency:") + kRecipient);
  CHECK(world.spool("inbound").empty());
  CHECK(hub.mailbox_size() == 0);
}

TEST_CASE_METHOD(Fixture, "a document with attachments beside arrives as one folder",
                 "[edge][inbound]") {
  const std::string package = letter_with_files(folder.path());
  hub.keep_attachment("một");
  hub.keep_attachment(std::string(9'000, '2'));
  const auto delivery = deliver(package);
  // The line breaks in the middle of the second attachment.
  REQUIRE(world.receive_all());
  CHECK(in(delivery, "/envelope.edxml") == package);
  CHECK(in(delivery, "/receipt.json") != "");
  CHECK(in(delivery, "/Bảng.xlsx") == "một");
  CHECK(in(delivery, "/Bảng~2.xlsx") == std::string(9'000, '2'));
}

TEST_CASE_METHOD(Fixture, "a broken download goes on where it stopped", "[edge][inbound]") {
  const std::string package = letter_with_files(folder.path());
  hub.keep_attachment("một");
  hub.keep_attachment(std::string(9'000, '2'));
  const auto delivery = deliver(package);
  const std::string part = folder.path() + "/spool/inbound/" + delivery.text() + "/parts/" +
                           pki::sha256(std::string(9'000, '2')).hex();
  REQUIRE(world.services().inbound.begin(delivery));
  REQUIRE(files.write_at(part, 0, std::string(8'000, '2')));
  REQUIRE(world.receive_all());
  CHECK(hub.parts == 2);  // one for the first attachment, one for the rest of the second
  CHECK(in(delivery, "/Bảng~2.xlsx").size() == 9'000);
}

TEST_CASE_METHOD(Fixture, "what was left of a download and is wrong is fetched anew",
                 "[edge][inbound]") {
  const std::string package = letter_with_files(folder.path());
  hub.keep_attachment("một");
  hub.keep_attachment(std::string(9'000, '2'));
  const auto delivery = deliver(package);
  const std::string part = folder.path() + "/spool/inbound/" + delivery.text() + "/parts/" +
                           pki::sha256(std::string(9'000, '2')).hex();
  REQUIRE(world.services().inbound.begin(delivery));
  REQUIRE(files.write_at(part, 0, std::string(8'000, '\0')));
  CHECK(world.receive_all().error().code() == ErrorCode::body_truncated);
  REQUIRE(world.receive_all());
  CHECK(in(delivery, "/Bảng~2.xlsx") == std::string(9'000, '2'));
}

TEST_CASE_METHOD(Fixture, "a tampered package is not handed over, not acknowledged, and kept",
                 "[edge][inbound]") {
  const std::string package = sign_as(kSender, letter("d"));
  const auto delivery = deliver(package);
  hub.tamper(delivery, sign_as(kSender, letter("d", "Khác")));
  REQUIRE(world.receive_all());
  CHECK(world.list("in").empty());
  CHECK_FALSE(hub.acknowledged(delivery, pki::ReceiptKind::delivered));
  CHECK(quarantined_for(delivery).find("digest_mismatch") != std::string::npos);
  REQUIRE(world.receive_all());
  CHECK(world.list("in").empty());
}

TEST_CASE_METHOD(Fixture, "an unsigned package, or one of another signer, goes into quarantine",
                 "[edge][inbound]") {
  const auto unsigned_delivery = deliver(letter("d1"));
  REQUIRE(world.receive_all());
  CHECK(quarantined_for(unsigned_delivery).find("signature_missing") != std::string::npos);
  const auto foreign = deliver(sign_as("G13", letter("d2")), kTransfer2);
  REQUIRE(world.receive_all());
  CHECK(quarantined_for(foreign).find("signer_is_not_sender") != std::string::npos);
  CHECK(world.list("in").empty());
}

TEST_CASE_METHOD(Fixture, "a package with a receipt for another one goes into quarantine",
                 "[edge][inbound]") {
  hub.lie_about_digests();
  const auto delivery = deliver(sign_as(kSender, letter("d")));
  REQUIRE(world.receive_all());
  CHECK(quarantined_for(delivery).find("receipt_mismatch") != std::string::npos);
  CHECK(world.list("in").empty());
}

TEST_CASE_METHOD(Fixture, "a delivery for an agency that is not ours goes into quarantine",
                 "[edge][inbound]") {
  const auto delivery = hub.deliver(sign_as(kSender, letter("d")), agency("G13"), kTransfer1);
  REQUIRE(world.receive_all());
  CHECK(quarantined_for(delivery).find("agency_not_configured") != std::string::npos);
}

TEST_CASE_METHOD(Fixture, "what a person takes out of quarantine is tried again",
                 "[edge][inbound]") {
  const std::string package = sign_as(kSender, letter("d"));
  const auto delivery = deliver(package);
  hub.tamper(delivery, "x");
  REQUIRE(world.receive_all());
  hub.tamper(delivery, package);
  REQUIRE(remove_tree(files, folder.path() + "/spool/quarantine/" + delivery.text()));
  REQUIRE(world.receive_all());
  CHECK(in(delivery, ".edxml") == package);
}

TEST_CASE_METHOD(Fixture, "a lost acknowledgement is repeated, the document is not",
                 "[edge][inbound]") {
  const auto delivery = deliver(sign_as(kSender, letter("d")));
  REQUIRE(world.receive_all());
  const auto first = hub.acknowledged(delivery, pki::ReceiptKind::delivered);
  std::filesystem::remove(folder.path() + "/agency/in/" + delivery.text() + ".edxml");
  hub.forget_acknowledgement(delivery);
  REQUIRE(world.receive_all());
  CHECK(hub.acknowledged(delivery, pki::ReceiptKind::delivered) == first);
  CHECK(in(delivery, ".edxml").empty());
}

TEST_CASE_METHOD(Fixture, "a receipt whose certificate ended while it waited is signed anew, once",
                 "[edge][inbound]") {
  const auto delivery = deliver(sign_as(kSender, letter("d")));
  REQUIRE(world.receive_all());
  const auto first = hub.acknowledged(delivery, pki::ReceiptKind::delivered);
  hub.forget_acknowledgement(delivery);
  MailboxEntry entry = world.run(hub.mailbox(std::chrono::seconds(0), 1, 0)).value().entries.at(0);
  InboundTask task(world.services());
  hub.fail_next(ErrorCode::certificate_expired);
  hub.fail_next(ErrorCode::certificate_expired);
  REQUIRE_REFUSED(world.run(task.run(entry)), certificate_expired);
  REQUIRE_FALSE(hub.acknowledged(delivery, pki::ReceiptKind::delivered));
  hub.fail_next(ErrorCode::certificate_revoked);
  REQUIRE_OK(world.run(task.run(entry)));
  const auto anew = hub.acknowledged(delivery, pki::ReceiptKind::delivered);
  REQUIRE(anew);
  CHECK(anew != first);
  CHECK(world.services().ledger.find(delivery).value()->delivered_receipt == *anew);
}

TEST_CASE_METHOD(Fixture, "signing one receipt anew leaves what was recorded meanwhile",
                 "[edge][inbound]") {
  const auto delivery = deliver(sign_as(kSender, letter("d")));
  REQUIRE(world.receive_all());
  Ledger& ledger = world.services().ledger;
  const auto before = ledger.find(delivery).value();
  const auto status =
      compose_status(*before, edxml::StatusCode::registered, "", "TC", SystemClock().now());
  world.drop("s.edxml", status.value());
  REQUIRE(world.send_all());
  const auto registered = ledger.find(delivery).value()->registered_receipt;
  REQUIRE_FALSE(registered.empty());
  hub.forget_acknowledgement(delivery);
  hub.fail_next(ErrorCode::certificate_expired);
  // With what it knew before the status was registered.
  REQUIRE_OK(world.run(put_own_receipt(world.services(), pki::ReceiptKind::delivered, *before)));
  const auto after = ledger.find(delivery).value();
  CHECK(after->registered_receipt == registered);
  CHECK(after->delivered_receipt != before->delivered_receipt);
}

TEST_CASE_METHOD(Fixture, "the same document under a new delivery is acknowledged, not repeated",
                 "[edge][inbound]") {
  const std::string package = sign_as(kSender, letter("d"));
  const auto first = deliver(package, kTransfer1);
  REQUIRE(world.receive_all());
  const auto second = deliver(package, kTransfer2);
  REQUIRE(world.receive_all());
  CHECK(hub.acknowledged(second, pki::ReceiptKind::delivered));
  CHECK(in(first, ".edxml") == package);
  CHECK(in(second, ".edxml").empty());
}

TEST_CASE_METHOD(Fixture, "a restored hub is told again what was registered, too",
                 "[edge][inbound]") {
  const std::string package = sign_as(kSender, letter("d"));
  const auto first = deliver(package, kTransfer1);
  REQUIRE(world.receive_all());
  const auto record = world.services().ledger.find(first).value();
  const auto status =
      compose_status(*record, edxml::StatusCode::registered, "", "TC", SystemClock().now());
  world.drop("s.edxml", status.value());
  REQUIRE(world.send_all());
  const auto registered = hub.acknowledged(first, pki::ReceiptKind::registered);
  REQUIRE(registered);

  SECTION("of the same delivery: the same receipt") {
    hub.forget_acknowledgement(first);
    REQUIRE_FALSE(hub.acknowledged(first, pki::ReceiptKind::registered));
    REQUIRE(world.receive_all());
    CHECK(hub.acknowledged(first, pki::ReceiptKind::registered) == registered);
  }
  SECTION("of the same document under a new delivery: one that speaks of it") {
    const auto second = deliver(package, kTransfer2);
    REQUIRE(world.receive_all());
    CHECK(hub.acknowledged(second, pki::ReceiptKind::delivered));
    CHECK(hub.acknowledged(second, pki::ReceiptKind::registered));
    CHECK(in(second, ".edxml").empty());
  }
}

TEST_CASE_METHOD(Fixture, "another content under a received DocumentId goes into quarantine",
                 "[edge][inbound]") {
  deliver(sign_as(kSender, letter("d")), kTransfer1);
  REQUIRE(world.receive_all());
  const auto second = deliver(sign_as(kSender, letter("d", "Khác")), kTransfer2);
  REQUIRE(world.receive_all());
  CHECK(quarantined_for(second).find("document_conflict") != std::string::npos);
  CHECK_FALSE(hub.acknowledged(second, pki::ReceiptKind::delivered));
}

TEST_CASE_METHOD(Fixture, "a hub that goes away in between loses nothing", "[edge][inbound]") {
  const std::string package = sign_as(kSender, letter("d"));
  const auto delivery = deliver(package);
  MailboxEntry entry = world.run(hub.mailbox(std::chrono::seconds(0), 1, 0)).value().entries.at(0);
  hub.fail_next(ErrorCode::peer_unreachable);
  InboundTask task(world.services());
  CHECK(world.run(task.run(entry)).error().code() == ErrorCode::peer_unreachable);
  CHECK(quarantined_for(delivery).empty());
  REQUIRE(world.receive_all());
  CHECK(in(delivery, ".edxml") == package);
}

TEST_CASE_METHOD(Fixture,
                 "a package that came with its page is not fetched, and is checked as ever",
                 "[edge][inbound]") {
  const std::string package = sign_as(kSender, letter("d"));
  const auto delivery = deliver(package);
  MailboxEntry entry = world.run(hub.mailbox(std::chrono::seconds(0), 1, 0)).value().entries.at(0);
  InboundTask task(world.services());
  entry.item = package;
  REQUIRE_OK(world.run(task.run(entry)));
  CHECK(hub.fetches == 0);
  CHECK(in(delivery, ".edxml") == package);

  const auto forged = deliver(sign_as(kSender, letter("e")), kTransfer2);
  const auto page = world.run(hub.mailbox(std::chrono::seconds(0), 64, 0)).value();
  REQUIRE(page.entries.size() == 1);
  entry = page.entries[0];
  entry.item = package;
  REQUIRE_OK(world.run(task.run(entry)));
  CHECK(in(forged, ".edxml").empty());
  CHECK(quarantined_for(forged).find("digest_mismatch") != std::string::npos);
}

TEST_CASE_METHOD(Fixture, "status 03 registers the document once, with one receipt",
                 "[edge][inbound]") {
  const auto delivery = deliver(sign_as(kSender, letter("d")));
  REQUIRE(world.receive_all());
  const auto record = world.services().ledger.find(delivery).value();
  REQUIRE(record);
  const Time now = SystemClock().now();
  const auto status = compose_status(*record, edxml::StatusCode::registered, "", "TC", now);
  const auto again = compose_status(*record, edxml::StatusCode::registered, "", "TC",
                                    now + std::chrono::seconds(5));
  world.drop("s1.edxml", status.value());
  REQUIRE(world.send_all());
  const auto first = hub.acknowledged(delivery, pki::ReceiptKind::registered);
  REQUIRE(first);
  world.drop("s2.edxml", again.value());
  REQUIRE(world.send_all());
  CHECK(hub.acknowledged(delivery, pki::ReceiptKind::registered) == first);
  CHECK(world.list("sent").size() == 4);
}

TEST_CASE_METHOD(Fixture, "status 03 for a document that is just being handed over waits for it",
                 "[edge][inbound]") {
  const std::string package = sign_as(kSender, letter("d"));
  const auto delivery = deliver(package);
  const ReceivedRecord record{.key = {.sender = agency(kSender),
                                      .document_id = DocumentId::parse("d").value(),
                                      .recipient = agency(kRecipient)},
                              .delivery = delivery,
                              .kind = delivery::ItemKind::document,
                              .sha256 = pki::sha256(package),
                              .code_number = "1",
                              .code_notation = "A",
                              .promulgation_date = "",
                              .handed_over_at = SystemClock().now(),
                              .delivered_receipt = "",
                              .registered_receipt = ""};
  const SealedItem sealed{.record = record, .form = HandOverForm::file};
  InboundStore& inbound = world.services().inbound;
  REQUIRE(inbound.begin(delivery));
  REQUIRE(inbound.stage_package(delivery, package, "{}"));
  REQUIRE(inbound.seal(sealed));
  REQUIRE(inbound.hand_over(sealed));  // and not yet in the ledger
  const auto status =
      compose_status(record, edxml::StatusCode::registered, "", "TC", SystemClock().now());
  world.drop("s.edxml", status.value());
  CHECK(world.send_all().error().code() == ErrorCode::busy);
  REQUIRE(world.receive_all());
  REQUIRE(world.send_all());
  CHECK(hub.acknowledged(delivery, pki::ReceiptKind::registered));
}

// What kRecipient states of the document that the hub's receipt speaks of.
pki::ReceiptClaims delivered_claims(const std::string& hub_receipt) {
  const auto accepted =
      pki::verify_receipt(pki::Receipt(hub_receipt), *test_pki().trust(), SystemClock().now());
  REQUIRE(accepted);
  auto claims = accepted.value().claims();
  claims.kind = pki::ReceiptKind::delivered;
  claims.delivery_index = 0;
  claims.issuer = std::string("agency:") + kRecipient;
  claims.revocation_known_at = std::nullopt;
  return claims;
}

TEST_CASE("a recipient that is quicker than the hub's answer waits for it", "[edge][inbound]") {
  const TempFolder folder;
  PosixFiles files;
  std::optional<World> world(std::in_place, folder.path(), files, kSender);
  world->drop("x.edxml", letter("d"));
  world->hub().lose_next_answer();
  CHECK(world->send_all().error().code() == ErrorCode::peer_unreachable);
  const auto accepted = world->hub().accepted_packages();
  REQUIRE(accepted.size() == 1);
  const auto signer = pki::ReceiptSigner::make(test_pki().agency(kRecipient)).value();
  const std::string receipt =
      signer.sign(delivered_claims(world->hub().receipt_of(accepted[0]))).value().json();
  world->hub().deliver_receipt(receipt, agency(kRecipient), agency(kSender), kTransfer1);
  const bool started_anew = GENERATE(false, true);
  CAPTURE(started_anew);
  if (started_anew) {
    world.emplace(folder.path(), files, kSender);
    world->hub().fail_next(ErrorCode::peer_unreachable);
    CHECK(world->send_all().error().code() == ErrorCode::peer_unreachable);
  }
  CHECK(world->receive_all().error().code() == ErrorCode::busy);
  CHECK(world->list("sent").empty());
  CHECK(world->spool("quarantine").empty());
  CHECK(world->hub().mailbox_size() == 1);

  REQUIRE(world->send_all());
  REQUIRE(world->receive_all());
  CHECK(world->read(std::string("sent/x.delivered.") + kRecipient + ".receipt.json") == receipt);
  CHECK(world->hub().mailbox_size() == 0);
}

TEST_CASE("a recipient's receipt is put beside the package that it speaks of", "[edge][inbound]") {
  const TempFolder folder;
  PosixFiles files;
  World world(folder.path(), files, kSender);
  world.drop("x.edxml", letter("d"));
  REQUIRE(world.send_all());
  auto claims = delivered_claims(world.read("sent/x.receipt.json"));
  const auto signer = pki::ReceiptSigner::make(test_pki().agency(kRecipient)).value();
  const std::string receipt = signer.sign(claims).value().json();
  world.hub().deliver_receipt(receipt, agency(kRecipient), agency(kSender), kTransfer1);
  REQUIRE(world.receive_all());
  CHECK(world.read(std::string("sent/x.delivered.") + kRecipient + ".receipt.json") == receipt);
  CHECK(world.hub().mailbox_size() == 0);
  CHECK(world.hub().fetches == 0);  // the page brought it along

  // The same receipt for another content is a forgery or a mistake; it is kept apart.
  claims.document_sha256 = pki::sha256("other");
  world.hub().deliver_receipt(signer.sign(claims).value().json(), agency(kRecipient),
                              agency(kSender), kTransfer2);
  REQUIRE(world.receive_all());
  CHECK(world.spool("quarantine").size() == 1);
  CHECK(world.hub().mailbox_size() == 1);

  // Of a document that this adapter did not send, by this spool at least.
  claims.transfer = TransferId::parse(kTransfer1).value();
  const std::string unknown = signer.sign(claims).value().json();
  world.hub().deliver_receipt(unknown, agency(kRecipient), agency(kSender),
                              "0193563e-0000-7000-8000-000000000003");
  REQUIRE(world.receive_all());
  CHECK(world.read(std::string("sent/") + kTransfer1 + ".delivered." + kRecipient +
                   ".receipt.json") == unknown);
}

}  // namespace truc::edge
