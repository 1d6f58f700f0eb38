// xmlsec1, which we did not write, as the judge of our signatures, and we as the judge of its.
#include <catch2/catch.hpp>
#include <fstream>

#include "pki/signature/sign.hpp"
#include "pki/signature/verify.hpp"
#include "tests/support/envelopes.hpp"
#include "tests/support/refusals.hpp"
#include "tests/support/run_program.hpp"
#include "tests/support/test_pki.hpp"

namespace truc::pki {
namespace {

using testing::CredentialPaths;
using testing::sample_document_xml;
using testing::sample_status_xml;
using testing::TestPki;
using testing::valid_envelope;
using testing::with;

constexpr auto kSender = "000.00.00.G22";
const std::string kMore = "http://www.w3.org/2001/04/xmldsig-more#";
const std::string kEnc = "http://www.w3.org/2001/04/xmlenc#";

std::string write_file(const TestPki& pki, const std::string& name, const std::string& text) {
  const std::string path = pki.dir() + "/" + name;
  std::ofstream(path, std::ios::binary) << text;
  return path;
}

std::string file_text(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

testing::ProgramResult xmlsec_verifies(const TestPki& pki, const std::string& text) {
  return testing::run_program({"xmlsec1", "--verify", "--enabled-key-data", "x509",
                               "--enabled-reference-uris", "empty", "--trusted-pem", pki.anchors(),
                               write_file(pki, "signed.xml", text)});
}

// As people write templates: indented, with the default namespace of XMLDSig.
std::string template_with(const std::string& method, const std::string& digest) {
  return R"(<Signature xmlns="http://www.w3.org/2000/09/xmldsig#">
    <SignedInfo>
      <CanonicalizationMethod Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"/>
      <SignatureMethod Algorithm=")" +
         method + R"("/>
      <Reference URI="">
        <Transforms>
          <Transform Algorithm="http://www.w3.org/2000/09/xmldsig#enveloped-signature"/>
          <Transform Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"/>
        </Transforms>
        <DigestMethod Algorithm=")" +
         digest + R"("/>
        <DigestValue/>
      </Reference>
    </SignedInfo>
    <SignatureValue/>
    <KeyInfo>
      <X509Data/>
    </KeyInfo>
  </Signature>
)";
}

std::string xmlsec_signs(const TestPki& pki, const CredentialPaths& signer,
                         const std::string& signature) {
  const std::string prepared = write_file(
      pki, "template.xml",
      with(sample_document_xml(), "</edXML:edXMLHeader>", signature + "</edXML:edXMLHeader>"));
  const std::string done = pki.dir() + "/done.xml";
  const std::string leaf = write_file(pki, "leaf.pem", [&] {
    const std::string chain = file_text(signer.chain);
    const std::string end = "-----END CERTIFICATE-----\n";
    return chain.substr(0, chain.find(end) + end.size());
  }());
  testing::require_program({"xmlsec1", "--sign", "--output", done, "--privkey-pem",
                            signer.key + "," + leaf + "," + pki.dir() + "/ca/issuing.pem",
                            prepared});
  return file_text(done);
}

CredentialPaths signer_with(TestPki& pki, const std::string& kind) {
  if (kind == "rsa") return pki.agency_rsa_paths(kSender);
  if (kind == "p256") return pki.agency_paths(kSender);
  testing::CustomCertificate wanted;
  wanted.name = "p384";
  wanted.key = "ec:P-384";
  wanted.alternative_names = std::string("URI:urn:truc:agency:") + kSender;
  return pki.custom(wanted);
}

}  // namespace

TEST_CASE("xmlsec1 verifies what we sign", "[pki][signature][oracle]") {
  TestPki pki;
  const std::string kind = GENERATE("p256", "rsa", "p384");
  CAPTURE(kind);
  const auto signer = signer_with(pki, kind).load();
  const std::string text = sign_envelope(valid_envelope(sample_document_xml()), signer).value();
  const auto judged = xmlsec_verifies(pki, text);
  INFO(judged.output);
  REQUIRE(judged.exit_code == 0);
  const auto forged = xmlsec_verifies(pki, with(text, "Trần Văn Bình", "Trần Văn Bính"));
  REQUIRE(forged.exit_code != 0);
}

TEST_CASE("xmlsec1 verifies a status that we sign", "[pki][signature][oracle]") {
  TestPki pki;
  const auto signer = pki.agency("000.00.13.H53");
  const std::string text = sign_envelope(valid_envelope(sample_status_xml()), signer).value();
  const auto judged = xmlsec_verifies(pki, text);
  INFO(judged.output);
  REQUIRE(judged.exit_code == 0);
}

TEST_CASE("we verify what xmlsec1 signs within the profile", "[pki][signature][oracle]") {
  struct Row {
    std::string kind;
    std::string method;
    std::string digest;
  };
  TestPki pki;
  const auto row = GENERATE(values<Row>({
      {"p256", "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256",
       "http://www.w3.org/2001/04/xmlenc#sha256"},
      {"p256", "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384",
       "http://www.w3.org/2001/04/xmlenc#sha512"},
      {"p384", "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384",
       "http://www.w3.org/2001/04/xmldsig-more#sha384"},
      {"rsa", "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
       "http://www.w3.org/2001/04/xmlenc#sha256"},
      {"rsa", "http://www.w3.org/2001/04/xmldsig-more#rsa-sha384",
       "http://www.w3.org/2001/04/xmlenc#sha256"},
      {"rsa", "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512",
       "http://www.w3.org/2001/04/xmlenc#sha512"},
  }));
  CAPTURE(row.kind, row.method, row.digest);
  const auto paths = signer_with(pki, row.kind);
  const std::string text = xmlsec_signs(pki, paths, template_with(row.method, row.digest));
  const auto verdict = verify_envelope(valid_envelope(text), *pki.trust(), SystemClock().now());
  REQUIRE_OK(verdict);
  REQUIRE(verdict.value().signer().text() == kSender);
}

TEST_CASE("a good signature of xmlsec1 outside the profile is refused all the same",
          "[pki][signature][oracle]") {
  TestPki pki;
  const auto paths = pki.agency_paths(kSender);
  const std::string good = template_with(kMore + "ecdsa-sha256", kEnc + "sha256");
  const std::string exclusive =
      R"(<Transform Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"/>)";
  std::string changed = good;
  SECTION("SHA-1 in the digest") {
    changed = template_with(kMore + "ecdsa-sha256", "http://www.w3.org/2000/09/xmldsig#sha1");
  }
  SECTION("SHA-1 in the signature") {
    changed = template_with(kMore + "ecdsa-sha1", kEnc + "sha256");
  }
  SECTION("inclusive C14N of the content") {
    changed = with(good, exclusive,
                   R"(<Transform Algorithm="http://www.w3.org/TR/2001/REC-xml-c14n-20010315"/>)");
  }
  SECTION("an XPath transform that leaves the body out") {
    changed = with(good, exclusive,
                   "<Transform Algorithm=\"http://www.w3.org/TR/1999/REC-xpath-19991116\">"
                   "<XPath>not(ancestor-or-self::*[local-name()='edXMLBody'])</XPath></Transform>");
  }
  REQUIRE(changed != good);
  const std::string text = xmlsec_signs(pki, paths, changed);
  REQUIRE(xmlsec_verifies(pki, text).exit_code == 0);
  const auto verdict = verify_envelope(valid_envelope(text), *pki.trust(), SystemClock().now());
  REQUIRE_REFUSED(verdict, signature_algorithm);
}

}  // namespace truc::pki
