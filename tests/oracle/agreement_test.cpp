// Our profile seen by others: what we sign they accept, what they sign within it we accept, and
// what they sign outside of it we refuse, saying which rule it breaks.
#include <catch2/catch.hpp>
#include <functional>

#include "pki/signature/sign.hpp"
#include "tests/oracle/oracle.hpp"
#include "tests/oracle/packages.hpp"
#include "tests/support/envelopes.hpp"
#include "tests/support/refusals.hpp"
#include "tests/support/run_program.hpp"

namespace truc::testing {
namespace {

constexpr auto kAccepted = "accepted";
constexpr auto kEverybody = "JDK xml-crypto xmlsec1";

const std::pair<const char*, std::string> kPackages[] = {{kSender, full_document()},
                                                         {kStatusSender, full_status()}};

struct Fixture {
  TestPki pki;
  std::unique_ptr<OracleProgram> jdk = start_jdk(pki);
  std::unique_ptr<OracleProgram> xml_crypto = start_xml_crypto(pki);
  Xmlsec xmlsec{pki};

  std::vector<Oracle*> all() { return {jdk.get(), xml_crypto.get(), &xmlsec}; }
};

struct Deviation {
  std::string what;
  std::string kind;  // of key
  std::function<void(Wish&)> change;
  ErrorCode code;
  std::string place;  // the end of the XPath
  std::string found;  // part of what the refusal says it found
  std::string by;     // the oracles that can sign so
};

constexpr auto kShape = ErrorCode::signature_shape;
constexpr auto kAlgorithm = ErrorCode::signature_algorithm;

std::function<void(Wish&)> method(const std::string& uri) {
  return [uri](Wish& wish) { wish.method = uri; };
}
std::function<void(Wish&)> digest(const std::string& uri) {
  return [uri](Wish& wish) { wish.digest = uri; };
}
std::function<void(Wish&)> c14n(const std::string& uri) {
  return [uri](Wish& wish) { wish.c14n = uri; };
}
std::function<void(Wish&)> transforms(const std::vector<std::string>& uris) {
  return [uris](Wish& wish) { wish.transforms = uris; };
}
std::function<void(Wish&)> references(const std::vector<std::string>& uris) {
  return [uris](Wish& wish) {
    wish.references = uris;
    wish.has_object = uris.back() == "#object";
  };
}
std::function<void(Wish&)> hmac(const std::string& uri) {
  return [uri](Wish& wish) {
    wish.method = uri;
    wish.secret = "a-secret-that-both-know";
    wish.key_info = "none";
  };
}

const Deviation kDeviations[] = {
    {"RSA with SHA-1", "rsa", method(kDsig + "rsa-sha1"), kAlgorithm, "SignatureMethod",
     "#rsa-sha1", kEverybody},
    {"ECDSA with SHA-1", "p256", method(kMore + "ecdsa-sha1"), kAlgorithm, "SignatureMethod",
     "#ecdsa-sha1", kEverybody},
    {"RSA-PSS", "rsa", method(kMore2007 + "sha256-rsa-MGF1"), kAlgorithm, "SignatureMethod",
     "#sha256-rsa-MGF1", "JDK xml-crypto"},
    {"ECDSA with SHA-512", "p256", method(kMore + "ecdsa-sha512"), kAlgorithm, "SignatureMethod",
     "#ecdsa-sha512", kEverybody},
    {"DSA with SHA-1", "dsa", method(kDsig + "dsa-sha1"), kAlgorithm, "SignatureMethod",
     "#dsa-sha1", "xml-crypto xmlsec1"},
    {"DSA with SHA-256", "dsa", method(kDsig11 + "dsa-sha256"), kAlgorithm, "SignatureMethod",
     "#dsa-sha256", "JDK xmlsec1"},
    {"HMAC with SHA-1", "rsa", hmac(kDsig + "hmac-sha1"), kAlgorithm, "SignatureMethod",
     "#hmac-sha1", kEverybody},
    {"HMAC with SHA-256", "rsa", hmac(kMore + "hmac-sha256"), kAlgorithm, "SignatureMethod",
     "#hmac-sha256", "JDK xmlsec1"},
    {"a digest of SHA-1", "p256", digest(kDsig + "sha1"), kAlgorithm, "DigestMethod",
     "xmldsig#sha1", kEverybody},
    {"a digest of SHA-224", "p256", digest(kMore + "sha224"), kAlgorithm, "DigestMethod", "#sha224",
     "JDK xmlsec1"},
    {"SignedInfo in inclusive C14N", "rsa", c14n(kInclusive), kAlgorithm, "CanonicalizationMethod",
     "REC-xml-c14n-20010315", kEverybody},
    {"SignedInfo in C14N with comments", "rsa", c14n(kExclusive + "WithComments"), kAlgorithm,
     "CanonicalizationMethod", "#WithComments", kEverybody},
    {"content in inclusive C14N", "p384", transforms({kEnveloped, kInclusive}), kAlgorithm,
     "Transform[2]", "REC-xml-c14n-20010315", kEverybody},
    {"content in C14N with comments", "p384", transforms({kEnveloped, kExclusive + "WithComments"}),
     kAlgorithm, "Transform[2]", "#WithComments", kEverybody},
    {"no C14N of the content", "p256", transforms({kEnveloped}), kShape, "Transforms",
     "nothing more", kEverybody},
    {"three transforms", "p256", transforms({kEnveloped, kExclusive, kExclusive}), kShape,
     "Transform[3]", "Transform", "xmlsec1"},
    {"an XPath that leaves the body out", "p256", transforms({kXpath, kEnveloped, kExclusive}),
     kAlgorithm, "Transform[1]", "REC-xpath-19991116", "JDK xmlsec1"},
    {"an XPath behind the enveloped signature", "p256", transforms({kEnveloped, kXpath}),
     kAlgorithm, "Transform[2]", "REC-xpath-19991116", "JDK xmlsec1"},
    {"an XSLT", "p256", transforms({kEnveloped, kXslt}), kAlgorithm, "Transform[2]",
     "REC-xslt-19991116", "JDK xmlsec1"},
    {"a second reference to the document", "rsa", references({"", ""}), kShape, "Reference[2]",
     "Reference", kEverybody},
    {"a second reference to an Object", "rsa", references({"", "#object"}), kShape, "Reference[2]",
     "Reference", "JDK"},
    {"a reference to an Object only", "rsa", references({"#object"}), kShape, "Reference",
     "#object", "JDK"},
    {"a reference by XPointer", "rsa", references({"#xpointer(/)"}), kShape, "Reference",
     "#xpointer(/)", "JDK"},
    {"an Object", "p384", [](Wish& wish) { wish.has_object = true; }, kShape, "Object", "Object",
     kEverybody},
    {"no KeyInfo", "rsa", [](Wish& wish) { wish.key_info = "none"; }, kShape, "Signature",
     "nothing more", kEverybody},
    {"a key value in place of a certificate", "rsa", [](Wish& wish) { wish.key_info = "value"; },
     kShape, "KeyInfo", "none", "JDK xmlsec1"},
    {"an RSA key of 1024 bits", "rsa:1024", [](Wish&) {}, ErrorCode::certificate_weak,
     "SignatureValue", "1024", kEverybody},
    {"the curve P-521", "ec:P-521", method(kMore + "ecdsa-sha256"), ErrorCode::certificate_weak,
     "SignatureValue", "", kEverybody},
    {"the curve secp256k1", "ec:secp256k1", method(kMore + "ecdsa-sha256"),
     ErrorCode::certificate_weak, "SignatureValue", "", "xml-crypto xmlsec1"},
    {"the signature in the message header", "p256",
     [](Wish& wish) { wish.parent = "MessageHeader"; }, ErrorCode::element_unknown, "Signature",
     "Signature", kEverybody},
    {"the signature in the body", "p256", [](Wish& wish) { wish.parent = "edXMLBody"; },
     ErrorCode::element_unknown, "Signature", "Signature", kEverybody},
    {"the signature below the root", "p256", [](Wish& wish) { wish.parent = "edXML"; },
     ErrorCode::element_unknown, "Signature", "Signature", kEverybody},
};

std::string dsa_parameters(const TestPki& pki) {
  std::string path = pki.dir() + "/dsa.pem";
  require_program({"openssl", "dsaparam", "-out", path, "1024"});
  return path;
}

CredentialPaths deviating_signer(TestPki& pki, const std::string& kind) {
  if (kind == "rsa" || kind == "p256" || kind == "p384") return signer_with(pki, kSender, kind);
  CustomCertificate wanted;
  wanted.name = "deviating";
  wanted.key = kind == "dsa" ? "dsa:" + dsa_parameters(pki) : kind;
  wanted.alternative_names = "URI:urn:truc:agency:" + std::string(kSender);
  return pki.custom(wanted);
}

}  // namespace

TEST_CASE_METHOD(Fixture, "the JDK, xml-crypto and xmlsec1 accept what we sign", "[oracle]") {
  for (const auto* kind : {"rsa", "p256", "p384"}) {
    for (const auto& [sender, package] : kPackages) {
      const auto signer = signer_with(pki, sender, kind).load();
      const auto text = pki::sign_envelope(valid_envelope(package), signer).value();
      for (Oracle* oracle : all()) {
        CAPTURE(kind, sender, oracle->name());
        CHECK(oracle->judge(text) == kAccepted);
        CHECK(oracle->judge(with_all(text, "7816", "7817")) != kAccepted);
        CHECK(oracle->judge(package) != kAccepted);
      }
    }
  }
}

TEST_CASE_METHOD(Fixture, "the oracles accept only certificates of our authority", "[oracle]") {
  const std::string theirs = pki.dir() + "/theirs";
  const std::string script = TRUC_SOURCE_DIR "/pki/ca/truc-pki";
  require_program({script, "init", theirs});
  require_program({script, "agency", theirs, kSender, "--rsa"});
  const std::string folder = theirs + "/agencies/" + kSender + "/sign";
  const auto signer = CredentialPaths{folder + ".key", folder + ".chain.pem"}.load();
  const auto text = pki::sign_envelope(valid_envelope(full_document()), signer).value();
  for (Oracle* oracle : all()) {
    CAPTURE(oracle->name());
    CHECK(oracle->judge(text) != kAccepted);
  }
}

TEST_CASE_METHOD(Fixture, "we accept what the JDK, xml-crypto and xmlsec1 sign within the profile",
                 "[oracle]") {
  struct Row {
    const char* kind;
    const char* method;
    std::string digest;
  };
  const auto trust = pki.trust();
  for (const auto& row :
       {Row{"rsa", "rsa-sha256", kEnc + "sha256"}, Row{"rsa", "rsa-sha384", kMore + "sha384"},
        Row{"rsa", "rsa-sha512", kEnc + "sha512"}, Row{"p256", "ecdsa-sha256", kEnc + "sha256"},
        Row{"p256", "ecdsa-sha384", kEnc + "sha512"}, Row{"p384", "ecdsa-sha384", kMore + "sha384"},
        Row{"p384", "ecdsa-sha256", kEnc + "sha256"}}) {
    Wish wish;
    wish.method = kMore + row.method;
    wish.digest = row.digest;
    for (const auto& [sender, package] : kPackages) {
      const auto signer = signer_with(pki, sender, row.kind);
      for (Oracle* oracle : all()) {
        CAPTURE(row.method, row.digest, sender, oracle->name());
        const auto verdict = judge(oracle->sign(wish, signer, package), *trust);
        REQUIRE_OK(verdict);
        REQUIRE(verdict.value().signer().text() == sender);
      }
    }
  }
}

TEST_CASE_METHOD(Fixture, "a good signature outside the profile is refused, and its fault is named",
                 "[oracle]") {
  const auto trust = pki.trust();
  for (const auto& deviation : kDeviations) {
    CAPTURE(deviation.what);
    const auto signer = deviating_signer(pki, deviation.kind);
    Wish wish;
    wish.method = method_of(deviation.kind.starts_with("rsa") ? "rsa" : deviation.kind);
    deviation.change(wish);
    for (Oracle* oracle : all()) {
      if (deviation.by.find(oracle->name()) == std::string::npos) continue;
      CAPTURE(oracle->name());
      const auto text = oracle->sign(wish, signer, full_document());
      CHECK(oracle->judge_leniently(wish, signer, text) == kAccepted);
      const auto verdict = judge(text, *trust);
      REQUIRE_FALSE(verdict);
      INFO(to_log_line(verdict.error()));
      CHECK(verdict.error().code() == deviation.code);
      CHECK(verdict.error().place().ends_with(deviation.place));
      CHECK(verdict.error().found().find(deviation.found) != std::string::npos);
      CHECK(verdict.error().expected() != "");
    }
  }
}

}  // namespace truc::testing
