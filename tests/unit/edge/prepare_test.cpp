// What the adapter refuses by itself, and that it refuses it under the hub's own code.
#include <catch2/catch.hpp>

#include "schemas/base/limits.hpp"
#include "tests/unit/edge/world.hpp"

namespace truc::edge {
namespace {

std::string with(std::string text, const std::string& what, const std::string& by) {
  const auto at = text.find(what);
  REQUIRE(at != std::string::npos);
  return text.replace(at, what.size(), by);
}

// A letter with one attachment beside, its bytes `content`.
std::string letter_beside(const std::string& content, const std::string& folder) {
  PosixFiles files;
  const std::string path = folder + "/Bảng.xlsx";
  REQUIRE(files.create(path, content, Access::own));
  const ComposeRequest request{.from = agency(kSender),
                               .from_name = "VPCP",
                               .to = {agency(kRecipient)},
                               .number = "2",
                               .notation = "B",
                               .subject = "Kèm bảng",
                               .content = "Nội dung",
                               .type_name = "Công văn",
                               .priority = edxml::Priority::normal,
                               .attachments = {path},
                               .beside_over = 0,
                               .document_id = std::nullopt,
                               .recalls = std::nullopt,
                               .updates = std::nullopt,
                               .paper = PaperCopy::none};
  return compose_document(files, request, SystemClock().now()).value().envelope;
}

struct Fixture {
  TempFolder folder;
  PosixFiles files;
  World world{folder.path(), files};

  // Drops, drives, and returns the name of the refusal's code.
  std::string refused(const std::string& name) {
    REQUIRE(world.send_all());
    CHECK(world.spool("outbound").empty());
    CHECK(world.hub().submissions == 0);
    const std::string problem = world.read("refused/" + name + ".refusal.json");
    const auto start = problem.find("\"name\":\"");
    REQUIRE(start != std::string::npos);
    return problem.substr(start + 8, problem.find('"', start + 8) - start - 8);
  }
};

}  // namespace

TEST_CASE_METHOD(Fixture, "what is not XML is refused where it is", "[edge][prepare]") {
  world.drop("x.edxml", "hello");
  CHECK(refused("x") == "junk_before_xml");
  CHECK(world.read("refused/x.edxml") == "hello");
}

TEST_CASE_METHOD(Fixture, "a document marked secret never leaves", "[edge][prepare]") {
  const std::string mark = "<edXML:OtherInfo><edXML:Secret>Mật</edXML:Secret></edXML:OtherInfo>";
  const std::string end = "</edXML:MessageHeader>";
  world.drop("x.edxml", with(letter("d"), end, mark + end));
  CHECK(refused("x") == "secret_marked");
}

TEST_CASE_METHOD(Fixture, "another agency's document is refused", "[edge][prepare]") {
  world.drop("x.edxml", with(letter("d"), kSender, "G99"));
  CHECK(refused("x") == "agency_not_configured");
}

TEST_CASE_METHOD(Fixture, "a package over the limit is refused unread", "[edge][prepare]") {
  world.drop("x.edxml", std::string(limits::kEnvelopeBytesMax + 1, ' '));
  CHECK(refused("x") == "body_too_large");
}

TEST_CASE_METHOD(Fixture, "a signed document that was changed is refused", "[edge][prepare]") {
  world.drop("x.edxml", with(sign_as(kSender, letter("d")), "Về việc thử", "Về việc khác"));
  CHECK(refused("x") == "digest_mismatch");
}

TEST_CASE_METHOD(Fixture, "a package with attachments beside needs its folder", "[edge][prepare]") {
  world.drop("x.edxml", letter_beside("bảng", folder.path()));
  CHECK(refused("x") == "beside_missing");
}

TEST_CASE_METHOD(Fixture, "a folder without an attachment of its manifest is refused whole",
                 "[edge][prepare]") {
  world.drop_folder("x", letter_beside("bảng", folder.path()), {});
  CHECK(refused("x") == "beside_missing");
  CHECK(world.list("refused/x") == std::vector<std::string>{"envelope.edxml"});
}

TEST_CASE_METHOD(Fixture, "an attachment that is not the manifest's is refused",
                 "[edge][prepare]") {
  const auto content = GENERATE("bạng", "longer than that");
  world.drop_folder("x", letter_beside("bảng", folder.path()), {{"Bảng.xlsx", content}});
  CHECK(refused("x") == "attachment_mismatch");
}

TEST_CASE_METHOD(Fixture, "a file that the manifest does not list is told, not left behind",
                 "[edge][prepare]") {
  world.drop_folder("x", letter_beside("bảng", folder.path()),
                    {{"Bảng.xlsx", "bảng"}, {"more.pdf", "x"}});
  CHECK(refused("x") == "attachment_unlisted");
}

TEST_CASE_METHOD(Fixture, "hidden files in a folder are nobody's business", "[edge][prepare]") {
  world.drop_folder("x", letter_beside("bảng", folder.path()),
                    {{"Bảng.xlsx", "bảng"}, {".DS_Store", "x"}});
  REQUIRE(world.send_all());
  CHECK(world.read("sent/x.receipt.json") != "");
}

TEST_CASE_METHOD(Fixture, "a folder without an envelope and a stray file are misnamed",
                 "[edge][prepare]") {
  world.drop_folder("x", "", {{"letter.pdf", "x"}});
  world.drop("notes.txt", "y");
  CHECK(refused("x") == "drop_name");
  CHECK(refused("notes.txt") == "drop_name");
  CHECK(world.read("refused/notes.txt") == "y");
}

TEST_CASE_METHOD(Fixture, "a refusal is told in both languages", "[edge][prepare]") {
  world.drop("x.edxml", "hello");
  refused("x");
  const std::string text = world.read("refused/x.refusal.txt");
  CHECK(text.find("cách sửa") < text.find("what to do"));
  CHECK(text.starts_with("TRUC-3003"));
}

}  // namespace truc::edge
