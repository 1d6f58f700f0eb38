// The openssl program as the judge of our receipts: what a lawyer's expert would run.
#include <boost/json.hpp>
#include <catch2/catch.hpp>
#include <fstream>

#include "pki/crypto/base64.hpp"
#include "pki/crypto/digest.hpp"
#include "pki/crypto/ecdsa_form.hpp"
#include "pki/receipt/receipt.hpp"
#include "tests/support/envelopes.hpp"
#include "tests/support/run_program.hpp"
#include "tests/support/test_pki.hpp"

namespace truc::pki {
namespace {

using testing::require_program;
using testing::TestPki;

std::string write_file(const TestPki& pki, const std::string& name, const std::string& bytes) {
  const std::string path = pki.dir() + "/" + name;
  std::ofstream(path, std::ios::binary) << bytes;
  return path;
}

ReceiptClaims delivered_to(const std::string& agency) {
  const auto content = testing::sample_document();
  return ReceiptClaims{ReceiptKind::delivered,
                       TransferId::parse("019ab5a1-7c40-7000-8000-000000000001").value(),
                       0,
                       content.from.organ_id,
                       content.document_id,
                       sha256("the package"),
                       {testing::agency(agency)},
                       "agency:" + agency,
                       SystemClock().now(),
                       std::nullopt};
}

std::string text_of(const boost::json::value& value) {
  return std::string(value.as_string());
}

}  // namespace

TEST_CASE("the example of PR-RCPT is what the signer writes", "[pki][receipt]") {
  TestPki pki;
  const ReceiptClaims claims{ReceiptKind::accepted,
                             TransferId::parse("019ab5a1-7c40-7000-8000-000000000001").value(),
                             std::nullopt,
                             testing::agency("000.00.00.G22"),
                             testing::document_id("000.00.00.G22,2015/09/30,7816/VPCP-TTĐT"),
                             sha256("the package"),
                             {testing::agency("H37.02"), testing::agency("000.00.13.H53")},
                             "hub:vn1",
                             parse_rfc3339("2026-11-22T07:42:32.473Z").value(),
                             parse_rfc3339("2026-11-22T06:46:40.000Z").value()};
  const auto receipt =
      ReceiptSigner::make(pki.hub_receipts("vn1").load()).value().sign(claims).value();
  const std::string written =
      *decode_base64url(text_of(boost::json::parse(receipt.json()).at("payload")));
  std::ifstream file(TRUC_SOURCE_DIR "/docs/protocol/receipt.md");
  const std::string page{std::istreambuf_iterator<char>(file), {}};
  REQUIRE(page.find("```json\n" + written + "\n```") != std::string::npos);
  REQUIRE(page.find(sha256(written).hex()) != std::string::npos);
}

TEST_CASE("openssl verifies a receipt from PR-RCPT's words alone", "[pki][receipt][oracle]") {
  TestPki pki;
  const bool rsa = GENERATE(false, true);
  CAPTURE(rsa);
  const auto paths = rsa ? pki.agency_rsa_paths("H37.02") : pki.agency_paths("H37.02");
  const auto receipt =
      ReceiptSigner::make(paths.load()).value().sign(delivered_to("H37.02")).value();

  const auto jws = boost::json::parse(receipt.json());
  const std::string header = *decode_base64url(text_of(jws.at("protected")));
  REQUIRE(text_of(boost::json::parse(header).at("alg")) == (rsa ? "RS256" : "ES256"));
  const auto leaf =
      write_file(pki, "leaf.der", *decode_base64(text_of(jws.at_pointer("/header/x5c/0"))));
  const auto issuing =
      write_file(pki, "issuing.der", *decode_base64(text_of(jws.at_pointer("/header/x5c/1"))));
  const auto input =
      write_file(pki, "input", text_of(jws.at("protected")) + "." + text_of(jws.at("payload")));
  std::string signature = *decode_base64url(text_of(jws.at("signature")));
  if (!rsa) signature = ecdsa_raw_to_der(signature, 32).value();
  const auto signature_file = write_file(pki, "signature", signature);
  const auto key = write_file(
      pki, "key.pem", require_program({"openssl", "x509", "-in", leaf, "-noout", "-pubkey"}));

  REQUIRE(require_program({"openssl", "dgst", "-sha256", "-verify", key, "-signature",
                           signature_file, input}) == "Verified OK\n");
  require_program({"openssl", "verify", "-x509_strict", "-crl_check_all", "-CAfile", pki.anchors(),
                   "-CRLfile", pki.root_list(), "-CRLfile", pki.issuing_list(), "-untrusted",
                   issuing, leaf});
  write_file(pki, "input", "x");
  REQUIRE(testing::run_program(
              {"openssl", "dgst", "-sha256", "-verify", key, "-signature", signature_file, input})
              .exit_code != 0);
}

}  // namespace truc::pki
