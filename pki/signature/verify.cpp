#include "pki/signature/verify.hpp"

#include <algorithm>
#include <optional>

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

struct Signer {
  AgencyCode agency;
  TrustedCertificate certificate;
};
// nullopt only where the reason is among the faults.
using IfAny = std::optional<Signer>;

Result<IfAny> find_signer(const edxml::ValidEnvelope& envelope, const TrustStore& trust,
                          Moment moment, Faults& faults) {
  const auto signature = read_signature(envelope.document());
  TRUC_TRY(faults.add_of(signature));
  if (!signature) return IfAny();
  const auto chain = read_chain(signature.value(), trust);
  TRUC_TRY(faults.add_of(chain));
  if (!chain) return IfAny();
  const Certificate& leaf = chain.value().front();
  TRUC_TRY(faults.add_of(check_signature(envelope.document(), signature.value(), leaf)));
  const std::vector<Certificate> others(chain.value().begin() + 1, chain.value().end());
  const auto certificate = trust.check(leaf, others, Purpose::document_signing, moment);
  TRUC_TRY(faults.add_of(certificate));
  if (!certificate) return IfAny();
  const auto agency = identify_agency(certificate.value());
  TRUC_TRY(faults.add_of(agency));
  if (!agency) return IfAny();
  const AgencyCode& sender = envelope.content().from().organ_id;
  if (agency.value() != sender) {
    TRUC_TRY(faults.add(Failure(ErrorCode::signer_is_not_sender)
                            .at(signature.value().signature.xpath())
                            .expected(sender.text())
                            .found(agency.value().text())));
  }
  return IfAny(Signer{agency.value(), certificate.value()});
}

}  // namespace

Result<SignedEnvelope> verify_envelope(edxml::ValidEnvelope envelope, const TrustStore& trust,
                                       Moment moment) {
  Faults first_only(0);
  TRUC_TRY(auto signer, find_signer(envelope, trust, moment, first_only));
  const Sha256 digest = sha256(envelope.bytes());
  return SignedEnvelope(std::move(envelope), std::move(signer->agency),
                        std::move(signer->certificate), digest);
}

Result<void> find_signature_faults(const edxml::ValidEnvelope& envelope, const TrustStore& trust,
                                   Moment moment, Faults& faults) {
  TRUC_TRY(find_signer(envelope, trust, moment, faults));
  return success();
}

bool has_signature(const edxml::UntrustedEnvelope& envelope) {
  return std::ranges::any_of(find_signatures(envelope.document()), [](xml::Element element) {
    return element.namespace_uri() == kXmlDsig || element.namespace_uri() == edxml::kNamespace;
  });
}

}  // namespace truc::pki
