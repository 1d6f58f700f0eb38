// The status of one certificate as its authority's responder states it (OCSP, RFC 6960). For
// pki/trust only.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "pki/crypto/certificate.hpp"
#include "pki/trust/moment.hpp"

namespace truc::pki {

// Which certificate is asked about: the issuer's name and key as SHA-1 digests, and the serial
// number (RFC 5019 clause 2.1.1 prescribes SHA-1 here; nothing rests on its strength).
class OcspQuestion {
 public:
  static Result<OcspQuestion> make(const Certificate& subject, const Certificate& issuer);

  // Failure: certificate_malformed.
  static Result<OcspQuestion> read(const std::string& certificate_id);

  const std::string& certificate_id() const { return certificate_id_; }  // CertID in DER
  // A request in DER, without nonce: answers are kept and shared.
  Result<std::string> request() const;

 private:
  explicit OcspQuestion(std::string certificate_id) : certificate_id_(std::move(certificate_id)) {}
  std::string certificate_id_;
};

// A verified statement. A value.
struct OcspAnswer {
  Time issued;       // thisUpdate
  Time next_update;  // where the responder names none: kOcspAgeMax after `issued`
  std::optional<Withdrawal> withdrawal;
};

// The response must be signed by `issuer`, or by a responder whom it appointed: a certificate that
// it issued for OCSPSigning, with id-pkix-ocsp-nocheck. Failures: certificate_malformed,
// certificate_untrusted, certificate_weak; revocation_unknown when the responder does not know the
// certificate, answers "try later", or answers with something of another time than `now`.
Result<OcspAnswer> read_ocsp_response(std::string_view der, const OcspQuestion& question,
                                      const Certificate& issuer, Time now);

}  // namespace truc::pki
