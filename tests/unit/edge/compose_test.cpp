#include "edge-adapter/bridge/compose.hpp"

#include <catch2/catch.hpp>

#include "pki/crypto/digest.hpp"
#include "tests/unit/edge/world.hpp"

namespace truc::edge {
namespace {

ComposeRequest request() {
  return {.from = agency(kSender),
          .from_name = "Văn phòng Chính phủ",
          .to = {agency(kRecipient), agency("H53.02")},
          .number = "7816",
          .notation = "VPCP-TTĐT",
          .subject = "Về việc kết nối",
          .content = "Nội dung & <dấu>",
          .type_name = "Công văn",
          .priority = edxml::Priority::immediate,
          .attachments = {},
          .beside_over = 100,
          .document_id = std::nullopt,
          .recalls = std::nullopt,
          .updates = std::nullopt,
          .paper = PaperCopy::follows};
}

edxml::DocumentContent checked(const ComposedPackage& package) {
  static const auto rules = edxml::Rules::load().value();
  auto valid = rules.check(edxml::read_envelope(package.envelope).value());
  REQUIRE(valid);
  return *valid.value().content().document;
}

const Time kNow = parse_rfc3339("2026-11-22T20:30:00.000Z").value();  // the 23rd in Vietnam

}  // namespace

TEST_CASE("a composed document passes the rules and says what was asked", "[edge][compose]") {
  const PosixFiles files;
  const auto composed = compose_document(files, request(), kNow);
  REQUIRE(composed);
  const auto document = checked(composed.value());
  CHECK(document.document_id.text() == "000.00.00.G22,2026/11/23,7816/VPCP-TTĐT");
  CHECK(document.to.size() == 2);
  CHECK(document.priority == edxml::Priority::immediate);
  CHECK(document.content == "Nội dung & <dấu>");
  CHECK(document.business.paper_follows);
}

TEST_CASE("small files go inside, large ones beside, and equal names are told apart",
          "[edge][compose]") {
  const TempFolder folder;
  PosixFiles files;
  REQUIRE(files.make_folder(folder.path() + "/other", Access::own));
  const std::string small = folder.path() + "/Tờ trình.txt",
                    same = folder.path() + "/other/Tờ trình.txt";
  REQUIRE(files.create(small, "nhỏ", Access::own));
  REQUIRE(files.create(same, std::string(101, 'x'), Access::own));
  auto wanted = request();
  wanted.attachments = {small, same};
  const auto composed = compose_document(files, wanted, kNow);
  REQUIRE(composed);
  const auto document = checked(composed.value());
  REQUIRE(document.inline_attachments.size() == 1);
  REQUIRE(document.beside_attachments.size() == 1);
  CHECK(document.beside_attachments[0].name == "Tờ trình~2.txt");
  CHECK(document.beside_attachments[0].sha256 == pki::sha256(std::string(101, 'x')));
  CHECK(composed.value().beside.at(0).path == same);
}

TEST_CASE("an empty or absent attachment is told before anything is written", "[edge][compose]") {
  const TempFolder folder;
  PosixFiles files;
  auto wanted = request();
  wanted.attachments = {folder.path() + "/empty"};
  CHECK(compose_document(files, wanted, kNow).error().code() == ErrorCode::file_failed);
  REQUIRE(files.create(wanted.attachments[0], "", Access::own));
  CHECK(compose_document(files, wanted, kNow).error().code() == ErrorCode::attachment_empty);
}

TEST_CASE("a recall and an update name the original, under an identifier of their own",
          "[edge][compose]") {
  const PosixFiles files;
  auto recall = request();
  recall.recalls = DocumentId::parse("original").value();
  const auto recalled = checked(compose_document(files, recall, kNow).value());
  CHECK(recalled.business.type == edxml::Business::recall);
  CHECK(recalled.responses_for.at(0).document_id.text() == "original");
  auto update = request();
  update.updates = DocumentId::parse("original").value();
  const auto updated = checked(compose_document(files, update, kNow).value());
  CHECK(updated.business.type == edxml::Business::update);
  CHECK(updated.business.document_id->text() == "original");
  CHECK(updated.document_id != recalled.document_id);
}

TEST_CASE("a composed status passes the rules and names the document", "[edge][compose]") {
  const ReceivedRecord document{.key = {.sender = agency(kSender),
                                        .document_id = DocumentId::parse("d").value(),
                                        .recipient = agency(kRecipient)},
                                .delivery = {.transfer = TransferId::make(kNow, {}), .index = 0},
                                .kind = delivery::ItemKind::document,
                                .sha256 = pki::sha256("x"),
                                .code_number = "1",
                                .code_notation = "A",
                                .promulgation_date = "2026/11/22",
                                .handed_over_at = kNow,
                                .delivered_receipt = "",
                                .registered_receipt = ""};
  const auto package =
      compose_status(document, edxml::StatusCode::registered, "Đã vào sổ", "Tổng cục", kNow);
  REQUIRE(package);
  const auto rules = edxml::Rules::load().value();
  const auto valid = rules.check(edxml::read_envelope(package.value()).value());
  REQUIRE(valid);
  const auto& status = *valid.value().content().status;
  CHECK(status.code == edxml::StatusCode::registered);
  CHECK(status.response_for.document_id.text() == "d");
  CHECK(status.from.organ_id.text() == kRecipient);
}

TEST_CASE("a drop appears whole, and never in the place of another", "[edge][compose]") {
  const TempFolder folder;
  PosixFiles files;
  const std::string attachment = folder.path() + "/source";
  REQUIRE(files.create(attachment, std::string(3'000'000, 'x'), Access::own));
  ComposedPackage package{.envelope = "<e/>", .beside = {{attachment, "bảng.xlsx"}}};
  REQUIRE(files.make_folder(folder.path() + "/out", Access::own));
  REQUIRE(drop_package(files, folder.path() + "/out", "n", package));
  CHECK(files.find(folder.path() + "/out/n/bảng.xlsx").value()->size == 3'000'000);
  CHECK(drop_package(files, folder.path() + "/out", "n", package).error().code() ==
        ErrorCode::file_failed);
  CHECK(files.list(folder.path() + "/out").value().size() == 1);
}

}  // namespace truc::edge
