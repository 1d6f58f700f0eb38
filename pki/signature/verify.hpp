// Verifies the one signature of an edXML package after the strict profile PR-SIG
// (docs/protocol/signature.md): what is verified is exactly what is later read.
#pragma once

#include <memory>

#include "pki/trust/peer_identity.hpp"
#include "schemas/edxml/envelope.hpp"

namespace truc::pki {

// A package whose signature, certificate path and revocation hold, signed by the agency in From.
// Movable only.
class SignedEnvelope {
 public:
  const edxml::ValidEnvelope& envelope() const { return envelope_; }
  const edxml::PackageContent& content() const { return envelope_.content(); }
  const std::string& bytes() const { return envelope_.bytes(); }
  std::shared_ptr<const std::string> shared_bytes() const {
    return envelope_.envelope().shared_bytes();
  }
  const AgencyCode& signer() const { return signer_; }
  const TrustedCertificate& certificate() const { return certificate_; }
  // SHA-256 of the received bytes: what receipts speak of.
  const Sha256& digest() const { return digest_; }

 private:
  friend Result<SignedEnvelope> verify_envelope(edxml::ValidEnvelope envelope,
                                                const TrustStore& trust, Moment moment);
  SignedEnvelope(edxml::ValidEnvelope envelope, AgencyCode signer, TrustedCertificate certificate,
                 Sha256 digest)
      : envelope_(std::move(envelope)),
        signer_(std::move(signer)),
        certificate_(std::move(certificate)),
        digest_(digest) {}

  edxml::ValidEnvelope envelope_;
  AgencyCode signer_;
  TrustedCertificate certificate_;
  Sha256 digest_;
};

// `moment`: now for a package that arrives; for one that a hub has accepted, the moment that its
// receipt states, with what is known now. Failures: the 40xx codes (each with the XPath of what
// breaks the profile), the 41xx codes of the signer's certificate, signer_is_not_sender.
Result<SignedEnvelope> verify_envelope(edxml::ValidEnvelope envelope, const TrustStore& trust,
                                       Moment moment);

// The same into `faults`: what keeps the signature from being read, or else what is wrong with it,
// with its certificate and with its signer. Finds some exactly when verify_envelope refuses.
Result<void> find_signature_faults(const edxml::ValidEnvelope& envelope, const TrustStore& trust,
                                   Moment moment, Faults& faults);

// Is there any Signature element, anywhere, in XMLDSig's or (wrongly) in edXML's namespace?
bool has_signature(const edxml::UntrustedEnvelope& envelope);

}  // namespace truc::pki
