// The program as somebody runs it: exit codes, words, and what it cannot be fooled into.
#include <boost/json.hpp>
#include <catch2/catch.hpp>
#include <fstream>

#include "pki/crypto/digest.hpp"
#include "pki/receipt/receipt.hpp"
#include "pki/signature/sign.hpp"
#include "pki/tools/printable.hpp"
#include "tests/support/envelopes.hpp"
#include "tests/support/run_program.hpp"
#include "tests/support/test_pki.hpp"

namespace truc::pki {
namespace {

using namespace std::chrono_literals;
using testing::sample_document;
using testing::sample_document_xml;
using testing::TestPki;
using testing::valid_envelope;
using testing::with;

constexpr auto kSender = "000.00.00.G22";

struct Fixture {
  TestPki pki;
  Credential sender = pki.agency(kSender);
  std::string package = signed_package(sample_document());
  std::string package_file = write("package.edxml", package);
  std::string receipt_file = write("receipt.json", receipt_for(package).json());

  std::string write(const std::string& name, const std::string& text) const {
    const std::string path = pki.dir() + "/" + name;
    std::ofstream(path, std::ios::binary) << text;
    return path;
  }

  std::string signed_package(const edxml::DocumentContent& content) {
    return sign_envelope(valid_envelope(sample_document_xml(content)), sender).value();
  }

  Receipt receipt_for(const std::string& bytes, const std::string& id = "") {
    const auto content = sample_document();
    const ReceiptClaims claims{ReceiptKind::accepted,
                               TransferId::parse("019ab5a1-7c40-7000-8000-000000000001").value(),
                               std::nullopt,
                               content.from.organ_id,
                               id.empty() ? content.document_id : testing::document_id(id),
                               sha256(bytes),
                               {content.to[0].organ_id, content.to[1].organ_id},
                               "hub:vn1",
                               SystemClock().now(),
                               std::nullopt};
    return ReceiptSigner::make(pki.hub_receipts("vn1").load()).value().sign(claims).value();
  }

  testing::ProgramResult run(const std::vector<std::string>& rest) const {
    std::vector<std::string> arguments = {TRUC_BIN_DIR "/truc-verify", "--anchor", pki.anchors()};
    arguments.insert(arguments.end(), rest.begin(), rest.end());
    return testing::run_program(arguments);
  }

  testing::ProgramResult run_with_lists(const std::vector<std::string>& rest) const {
    std::vector<std::string> arguments = {"--crl", pki.root_list(), "--crl", pki.issuing_list()};
    arguments.insert(arguments.end(), rest.begin(), rest.end());
    return run(arguments);
  }
};

bool says(const testing::ProgramResult& result, std::string_view text) {
  return result.output.find(text) != std::string::npos;
}

}  // namespace

TEST_CASE_METHOD(Fixture, "a package and a receipt are verified and explained", "[verify]") {
  const auto result = run_with_lists({"--language", "en", package_file, receipt_file});
  INFO(result.output);
  REQUIRE(result.exit_code == 0);
  REQUIRE(says(result, package_file + ": VERIFIED"));
  REQUIRE(says(result, receipt_file + ": VERIFIED"));
  REQUIRE(says(result, sha256(package).hex()));
  REQUIRE(says(result, "CN=agency 000.00.00.G22"));
  REQUIRE(says(result, sender.certificate().serial_hex()));
  REQUIRE(says(result, "hub:vn1"));
  REQUIRE(says(result, sha256(testing::sample_attachment().bytes).hex()));
  REQUIRE(says(result, "not revoked, after the list issued at"));
  REQUIRE_FALSE(says(result, "NOT CHECKED"));
}

TEST_CASE_METHOD(Fixture, "Vietnamese is the language unless another is asked for", "[verify]") {
  const auto result = run_with_lists({package_file});
  REQUIRE(result.exit_code == 0);
  REQUIRE(says(result, package_file + ": ĐÚNG"));
  REQUIRE(says(result, "Người ký"));
}

TEST_CASE_METHOD(Fixture, "without lists the report says that revocation is not checked",
                 "[verify]") {
  pki.revoke(pki.agency_paths(kSender));
  const auto blind = run({"--language", "en", package_file});
  REQUIRE(blind.exit_code == 0);
  REQUIRE(says(blind, "NOT CHECKED: no revocation list was given"));
  const auto seeing = run_with_lists({"--language", "en", package_file});
  REQUIRE(seeing.exit_code == 1);
  REQUIRE(says(seeing, "REFUSED"));
  REQUIRE(says(seeing, "TRUC-4104"));
}

TEST_CASE_METHOD(Fixture, "one list of two is not enough", "[verify]") {
  const auto result = run({"--crl", pki.issuing_list(), package_file});
  REQUIRE(result.exit_code == 1);
  REQUIRE(says(result, "TRUC-4107"));
}

TEST_CASE_METHOD(Fixture, "a receipt is held against the package that it speaks of", "[verify]") {
  const auto held =
      run_with_lists({"--language", "en", "--document", package_file, "--receipt", receipt_file});
  INFO(held.output);
  REQUIRE(held.exit_code == 0);
  REQUIRE(says(held, "This receipt speaks of this package"));

  auto content = sample_document();
  content.subject = "Văn bản khác";
  const auto other = write("other.edxml", signed_package(content));
  const auto mismatch = run_with_lists({"--document", other, "--receipt", receipt_file});
  REQUIRE(mismatch.exit_code == 1);
  REQUIRE(says(mismatch, "TRUC-4203"));
  REQUIRE(says(mismatch, "/document_sha256"));

  const auto renamed = write("renamed.json", receipt_for(package, "another id").json());
  const auto misnamed = run_with_lists({"--document", package_file, "--receipt", renamed});
  REQUIRE(misnamed.exit_code == 1);
  REQUIRE(says(misnamed, "/document_id"));

  REQUIRE(run_with_lists({"--document", receipt_file, "--receipt", package_file}).exit_code == 1);
}

TEST_CASE_METHOD(Fixture, "several receipts are held against one package", "[verify]") {
  const auto result = run_with_lists(
      {"--json", "--document", package_file, "--receipt", receipt_file, "--receipt", receipt_file});
  REQUIRE(result.exit_code == 0);
  REQUIRE(boost::json::parse(result.output).as_array().size() == 5);
}

TEST_CASE_METHOD(Fixture, "what was changed is refused with code, place and remedy", "[verify]") {
  const auto forged = write("forged.edxml", with(package, "Trần Văn Bình", "Trần Văn Bính"));
  const auto result = run_with_lists({"--language", "en", package_file, forged});
  REQUIRE(result.exit_code == 1);
  REQUIRE(says(result, package_file + ": VERIFIED"));
  REQUIRE(says(result, forged + ": REFUSED"));
  REQUIRE(says(result, "TRUC-4006"));
  REQUIRE(says(result, "/ds:DigestValue"));
  const auto torn = write("torn.json", receipt_for(package).json().substr(0, 200));
  REQUIRE(run_with_lists({torn}).exit_code == 1);
}

TEST_CASE_METHOD(Fixture, "a program gets one JSON array", "[verify]") {
  const auto forged = write("forged.edxml", with(package, "Trần Văn Bình", "Trần Văn Bính"));
  const auto result = run_with_lists({"--json", package_file, receipt_file, forged});
  REQUIRE(result.exit_code == 1);
  const auto reports = boost::json::parse(result.output).as_array();
  REQUIRE(reports.size() == 3);
  REQUIRE(reports[0].at("verified").as_bool());
  REQUIRE(reports[0].at("kind").as_string() == "package");
  REQUIRE(reports[0].at("sha256").as_string() == sha256(package).hex());
  REQUIRE(reports[0].at("signed_by").as_string() == kSender);
  REQUIRE(reports[1].at("kind").as_string() == "receipt");
  REQUIRE(reports[1].at("recipients").as_array().size() == 2);
  REQUIRE_FALSE(reports[2].at("verified").as_bool());
  REQUIRE(reports[2].at("failure").at("name").as_string() == "digest_mismatch");
}

TEST_CASE_METHOD(Fixture, "the moment can be chosen", "[verify]") {
  const auto at = [&](Time time) {
    return run({"--at", to_rfc3339(time), package_file}).exit_code;
  };
  REQUIRE(at(SystemClock().now() + 24h) == 0);
  REQUIRE(at(SystemClock().now() - 24h) == 1);
  REQUIRE(at(sender.certificate().not_after() + 24h) == 1);
  REQUIRE(run({"--at", "yesterday", package_file}).exit_code == 2);
}

TEST_CASE_METHOD(Fixture, "what cannot be done is told apart from what is refused", "[verify]") {
  REQUIRE(run({}).exit_code == 2);
  REQUIRE(run({"--nonsense", package_file}).exit_code == 2);
  REQUIRE(run({"--language", "fr", package_file}).exit_code == 2);
  REQUIRE(run({"--receipt", receipt_file}).exit_code == 2);
  REQUIRE(run({pki.dir() + "/none.edxml"}).exit_code == 2);
  REQUIRE(run({"--crl", pki.dir() + "/none.crl", package_file}).exit_code == 2);
  REQUIRE(testing::run_program({TRUC_BIN_DIR "/truc-verify", package_file}).exit_code == 2);
  REQUIRE(testing::run_program({TRUC_BIN_DIR "/truc-verify", "--help"}).exit_code == 0);
  REQUIRE(testing::run_program({TRUC_BIN_DIR "/truc-verify", "--version"}).exit_code == 0);
  const auto wrong_root = write("root.pem", "no certificate");
  REQUIRE(testing::run_program({TRUC_BIN_DIR "/truc-verify", "--anchor", wrong_root, package_file})
              .exit_code == 2);
}

TEST_CASE_METHOD(Fixture, "a document's words cannot look like ours", "[verify]") {
  auto content = sample_document();
  content.subject = "Trích yếu\n  Người ký  000.00.00.G01 \xe2\x80\xae";
  const auto file = write("spoof.edxml", signed_package(content));
  const auto result = run_with_lists({file});
  INFO(result.output);
  REQUIRE(result.exit_code == 0);
  REQUIRE(says(result, "Trích yếu<U+000A>  Người ký  000.00.00.G01 <U+202E>"));
  REQUIRE_FALSE(says(result, "\xe2\x80\xae"));
}

TEST_CASE("text is printable when no terminal obeys it", "[verify]") {
  REQUIRE(printable("Công văn số 7816/VPCP-TTĐT") == "Công văn số 7816/VPCP-TTĐT");
  REQUIRE(printable("\x1b[2J\x7f") == "<U+001B>[2J<U+007F>");
  REQUIRE(printable("\xc2\x9b") == "<U+009B>");
  REQUIRE(printable("a\xe2\x80\xa8"
                    "b\xe2\x81\xa6") == "a<U+2028>b<U+2066>");
  REQUIRE(printable("𠀀") == "𠀀");
  REQUIRE(printable("\xe2\x80") == "\xe2<U+0080>");
  REQUIRE(printable(std::string(600, 'x')).size() == 500 + std::string_view("…").size());
}

}  // namespace truc::pki
