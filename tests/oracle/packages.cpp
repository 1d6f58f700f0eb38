#include "tests/oracle/packages.hpp"

#include <fstream>

#include "pki/signature/profile.hpp"
#include "tests/oracle/oracle.hpp"
#include "tests/support/envelopes.hpp"

namespace truc::testing {
namespace {

std::string golden(const std::string& name) {
  std::ifstream file(TRUC_SOURCE_DIR "/tests/contract/golden/" + name, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

std::string full_document() {
  return golden("document.edxml");
}

std::string full_status() {
  return golden("status.edxml");
}

CredentialPaths signer_with(TestPki& pki, const std::string& agency, const std::string& kind) {
  CustomCertificate wanted;
  wanted.name = kind + "-" + agency;
  wanted.key = kind == "rsa" ? "rsa:2048" : kind == "p256" ? "ec" : "ec:P-384";
  wanted.alternative_names = "URI:urn:truc:agency:" + agency;
  return pki.custom(wanted);
}

std::string method_of(const std::string& kind) {
  if (kind == "rsa") return kMore + "rsa-sha256";
  return kMore + (kind == "p256" ? "ecdsa-sha256" : "ecdsa-sha384");
}

Result<pki::SignedEnvelope> judge(const std::string& bytes, const pki::TrustStore& trust) {
  TRUC_TRY(auto envelope, edxml::read_envelope(bytes));
  TRUC_TRY(auto valid, rules().check(std::move(envelope)));
  return pki::verify_envelope(std::move(valid), trust, SystemClock().now());
}

Result<void> judge_signature(const std::string& bytes) {
  TRUC_TRY(auto document, xml::Document::parse(bytes));
  TRUC_TRY(const auto signature, pki::read_signature(document));
  TRUC_TRY(const auto signer, pki::Certificate::from_der(signature.chain.front().der));
  return pki::check_signature(document, signature, signer);
}

bool same(const edxml::PackageContent& one, const edxml::PackageContent& other) {
  return one.document == other.document && one.status == other.status;
}

}  // namespace truc::testing
