// The way out, over a hub that fails, refuses, lies and comes back.
#include <catch2/catch.hpp>

#include "edge-adapter/uplink/outbound_pump.hpp"
#include "edge-adapter/uplink/receipt_check.hpp"
#include "pki/crypto/digest.hpp"
#include "tests/support/refusals.hpp"
#include "tests/unit/edge/world.hpp"

namespace truc::edge {
namespace {

struct Fixture {
  TempFolder folder;
  PosixFiles files;
  World world{folder.path(), files};
  FakeHub& hub = world.hub();
};

}  // namespace

TEST_CASE_METHOD(Fixture, "an unsigned package is signed, accepted and filed with its receipt",
                 "[edge][outbound]") {
  world.drop("Công văn.edxml", letter("d"));
  REQUIRE(world.send_all());
  const std::string sent = world.read("sent/Công văn.edxml");
  CHECK(hub.accepted_packages() == std::vector<std::string>{sent});
  CHECK(world.read("sent/Công văn.receipt.json") == hub.receipt_of(sent));
  CHECK(world.list("out").empty());
  CHECK(world.spool("outbound").empty());
}

TEST_CASE_METHOD(Fixture, "drops wait in out/ once the spool holds as many as it may",
                 "[edge][outbound]") {
  asio::io_context context(1);
  telemetry::Log log(telemetry::LogLevel::error);
  channel::TaskGroup tasks(context.get_executor(), log, 1);
  OutboundPump pump(world.services(), tasks, context.get_executor(), 2);
  const auto take = [&pump](const std::string& id) {
    pump.add({.id = id,
              .agency = agency(kSender),
              .name = id + ".edxml",
              .claimed_at = Time(),
              .facts = std::nullopt,
              .outcome = std::nullopt,
              .registers = std::nullopt});
  };
  take("a");
  REQUIRE_OK(pump.require_room());
  take("b");
  REQUIRE_REFUSED(pump.require_room(), spool_full);
}

TEST_CASE_METHOD(Fixture, "a signed package is sent byte for byte", "[edge][outbound]") {
  const std::string package = sign_as(kSender, letter("d"));
  world.drop("x.edxml", package);
  REQUIRE(world.send_all());
  CHECK(hub.accepted_packages() == std::vector<std::string>{package});
  CHECK(world.read("sent/x.edxml") == package);
}

TEST_CASE_METHOD(Fixture, "what the hub refuses comes back as it was dropped, with the reason",
                 "[edge][outbound]") {
  const std::string package = letter("d");
  world.drop("x.edxml", package);
  hub.fail_next(Failure(ErrorCode::recipient_unknown).found("G12.18"));
  REQUIRE(world.send_all());
  CHECK(world.read("refused/x.edxml") == package);
  CHECK(world.read("refused/x.refusal.json").find("TRUC-5007") != std::string::npos);
  CHECK(world.list("sent").empty());
  CHECK(world.spool("outbound").empty());
}

TEST_CASE_METHOD(Fixture, "without a hub a document stays, and goes on with the same bytes",
                 "[edge][outbound]") {
  world.drop("x.edxml", letter("d"));
  hub.fail_next(ErrorCode::peer_unreachable);
  CHECK(world.send_all().error().code() == ErrorCode::peer_unreachable);
  REQUIRE(world.spool("outbound").size() == 1);
  CHECK(world.list("sent").empty());
  CHECK(world.list("refused").empty());
  const std::string path =
      folder.path() + "/spool/outbound/" + world.spool("outbound")[0] + "/package.edxml";
  const std::string bytes = files.read(path, 100'000).value();
  REQUIRE(world.send_all());
  CHECK(hub.accepted_packages() == std::vector<std::string>{bytes});
}

TEST_CASE_METHOD(Fixture, "a receipt that does not hold is not believed", "[edge][outbound]") {
  world.drop("x.edxml", letter("d"));
  hub.lie_about_digests();
  CHECK(world.send_all().error().code() == ErrorCode::peer_protocol);
  CHECK(world.list("sent").empty());
  CHECK(world.list("refused").empty());
  CHECK(world.spool("outbound").size() == 1);
}

TEST_CASE("a receipt is refused for each thing that it says wrongly", "[edge][outbound]") {
  const TempFolder folder;
  PosixFiles files;
  World world(folder.path(), files);
  const std::string package = sign_as(kSender, letter("d"));
  const auto delivery =
      world.hub().deliver(package, agency(kRecipient), "0193563e-0000-7000-8000-000000000001");
  const auto page = world.run(world.hub().mailbox(std::chrono::seconds(0), 1, 0));
  const std::string receipt = page.value().entries.at(0).receipt;
  const auto trust = test_pki().trust();
  const AcceptedExpectation right{.sender = agency(kSender),
                                  .document_id = DocumentId::parse("d").value(),
                                  .sha256 = pki::sha256(package),
                                  .hub_id = "h1",
                                  .transfer = delivery.transfer,
                                  .recipient = agency(kRecipient),
                                  .addressee = agency("G13")};
  const Time now = SystemClock().now();
  REQUIRE(check_accepted(receipt, *trust, now, right));

  std::vector<AcceptedExpectation> wrong(6, right);
  wrong[0].sender = agency("G13");
  wrong[1].document_id = DocumentId::parse("e").value();
  wrong[2].sha256 = pki::sha256("x");
  wrong[3].hub_id = "h2";
  wrong[4].transfer = TransferId::make(now, {});
  wrong[5].recipient = agency("G14");
  for (const auto& expected : wrong)
    CHECK(check_accepted(receipt, *trust, now, expected).error().code() ==
          ErrorCode::receipt_mismatch);
  // An agency's receipt is no hub's.
  const auto signer = pki::ReceiptSigner::make(test_pki().agency(kSender)).value();
  const pki::ReceiptClaims claims{.kind = pki::ReceiptKind::accepted,
                                  .transfer = delivery.transfer,
                                  .delivery_index = std::nullopt,
                                  .sender = agency(kSender),
                                  .document_id = right.document_id,
                                  .document_sha256 = right.sha256,
                                  .recipients = {agency(kRecipient)},
                                  .issuer = "hub:h1",
                                  .issued_at = now,
                                  .revocation_known_at = now};
  CHECK_FALSE(check_accepted(signer.sign(claims).value().json(), *trust, now, right));
}

TEST_CASE_METHOD(Fixture, "attachments beside are uploaded in parts and go on where they stopped",
                 "[edge][outbound]") {
  const std::string content(10'000, 'x');
  PosixFiles sources;
  REQUIRE(sources.create(folder.path() + "/big.pdf", content, Access::own));
  const ComposeRequest request{.from = agency(kSender),
                               .from_name = "VPCP",
                               .to = {agency(kRecipient)},
                               .number = "3",
                               .notation = "C",
                               .subject = "Kèm tệp",
                               .content = "Nội dung",
                               .type_name = "",
                               .priority = edxml::Priority::normal,
                               .attachments = {folder.path() + "/big.pdf"},
                               .beside_over = 0,
                               .document_id = std::nullopt,
                               .recalls = std::nullopt,
                               .updates = std::nullopt,
                               .paper = PaperCopy::none};
  const auto package = compose_document(files, request, SystemClock().now());
  REQUIRE(drop_package(files, folder.path() + "/agency/out", "x", package.value()));
  // The hub is away after the first part: progress, part, then nothing.
  hub.fail_next(ErrorCode::peer_unreachable);
  CHECK_FALSE(world.send_all());
  // A part that got no answer has arrived behind our question, by another hub's hand.
  hub.fail_next(ErrorCode::malformed_range);
  CHECK_FALSE(world.send_all());
  CHECK(world.list("refused").empty());
  REQUIRE(world.send_all());
  CHECK(hub.parts == 3);
  CHECK(world.read("sent/x/big.pdf") == content);
  CHECK(world.read("sent/x/envelope.edxml") == hub.accepted_packages().at(0));
}

TEST_CASE_METHOD(Fixture, "a taken name gets a number, in sent and in refused",
                 "[edge][outbound]") {
  world.drop("x.edxml", letter("d1"));
  REQUIRE(world.send_all());
  world.drop("x.edxml", letter("d2"));
  REQUIRE(world.send_all());
  CHECK(world.list("sent") ==
        std::vector<std::string>{"x.edxml", "x.receipt.json", "x~2.edxml", "x~2.receipt.json"});
  world.drop("x.edxml", "bad");
  REQUIRE(world.send_all());
  world.drop("x.edxml", "worse");
  REQUIRE(world.send_all());
  CHECK(world.read("refused/x~2.edxml") == "worse");
}

TEST_CASE_METHOD(Fixture, "the same document dropped again gets the same receipt",
                 "[edge][outbound]") {
  const std::string package = sign_as(kSender, letter("d"));
  world.drop("x.edxml", package);
  world.drop("y.edxml", package);
  REQUIRE(world.send_all());
  CHECK(world.read("sent/x.receipt.json") == world.read("sent/y.receipt.json"));
  CHECK(hub.accepted_packages().size() == 1);
}

TEST_CASE_METHOD(Fixture, "one document's failure does not hold up another's", "[edge][outbound]") {
  world.drop("a.edxml", letter("d1"));
  world.drop("b.edxml", letter("d2"));
  hub.fail_next(ErrorCode::storage_failed);
  CHECK_FALSE(world.send_all());
  CHECK(world.list("sent").size() == 2);
  REQUIRE(world.send_all());
  CHECK(world.list("sent").size() == 4);
}

}  // namespace truc::edge
