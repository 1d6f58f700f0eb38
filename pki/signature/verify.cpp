#include "pki/signature/verify.hpp"

#include <algorithm>

#include "pki/crypto/digest.hpp"
#include "pki/signature/profile.hpp"
#include "schemas/edxml/names.hpp"

namespace truc::pki {
namespace {

Result<std::vector<Certificate>> read_chain(const ReadSignature& signature,
                                            const TrustStore& trust) {
  std::vector<Certificate> chain;
  for (const auto& written : signature.chain) {
    auto certificate = trust.read_certificate(written.der);
    if (!certificate) return Failure(certificate.error()).at(written.element.xpath());
    chain.push_back(std::move(certificate).value());
  }
  return chain;
}

}  // namespace

Result<SignedEnvelope> verify_envelope(edxml::ValidEnvelope envelope, const TrustStore& trust,
                                       Moment moment) {
  TRUC_TRY(const auto signature, read_signature(envelope.document()));
  TRUC_TRY(const auto chain, read_chain(signature, trust));
  TRUC_TRY(check_signature(envelope.document(), signature, chain.front()));
  const std::vector<Certificate> others(chain.begin() + 1, chain.end());
  TRUC_TRY(auto certificate, trust.check(chain.front(), others, Purpose::document_signing, moment));
  TRUC_TRY(auto signer, identify_agency(certificate));
  const AgencyCode& sender = envelope.content().from().organ_id;
  if (signer != sender) {
    return Failure(ErrorCode::signer_is_not_sender)
        .at(signature.signature.xpath())
        .expected(sender.text())
        .found(signer.text());
  }
  const Sha256 digest = sha256(envelope.bytes());
  return SignedEnvelope(std::move(envelope), std::move(signer), std::move(certificate), digest);
}

bool has_signature(const edxml::UntrustedEnvelope& envelope) {
  return std::ranges::any_of(find_signatures(envelope.document()), [](xml::Element element) {
    return element.namespace_uri() == kXmlDsig || element.namespace_uri() == edxml::kNamespace;
  });
}

}  // namespace truc::pki
