// Whom we trust: anchors, revocation lists, and the verdict on one certificate (RFC 5280 clause 6).
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "pki/crypto/certificate.hpp"

namespace truc::pki {

// What a certificate is presented for; each wants its own usage bits.
enum class Purpose : std::uint8_t {
  document_signing,  // digitalSignature, and extended usage documentSigning (RFC 9336)
  tls_client,
  tls_server,
};

// A certificate whose path, validity, usage and revocation were checked for one purpose.
class TrustedCertificate {
 public:
  const Certificate& certificate() const { return certificate_; }
  Purpose purpose() const { return purpose_; }
  // When the revocation list that cleared it was issued; 1970-01-01 where none was asked for.
  Time revocation_known_at() const { return revocation_known_at_; }

 private:
  friend class TrustStore;
  TrustedCertificate(Certificate certificate, Purpose purpose, Time revocation_known_at)
      : certificate_(std::move(certificate)),
        purpose_(purpose),
        revocation_known_at_(revocation_known_at) {}
  Certificate certificate_;
  Purpose purpose_;
  Time revocation_known_at_;
};

struct TrustFiles {
  std::vector<std::string> anchor_files;  // PEM, self-signed roots
  std::vector<std::string> crl_files;     // PEM or DER; one for every issuing authority
  // How long past its nextUpdate a list is still believed; then revocation_unknown.
  std::chrono::milliseconds revocation_grace = std::chrono::hours{24};
  // An offline verifier without lists sets this; everything else leaves it.
  enum class Revocation : std::uint8_t { required, unchecked } revocation = Revocation::required;
};

// Immutable snapshot; any thread. A reload makes a new one. Remembers verdicts of certificates that
// it has seen (bounded), within their validity, so that the hot path pays for a chain once.
class TrustStore {
 public:
  // Failures: file_failed, certificate_malformed, certificate_weak.
  static Result<std::shared_ptr<const TrustStore>> load(const TrustFiles& files);

  // `presented` are the intermediates that came along. Failures: certificate_untrusted, _expired,
  // _revoked, _usage, _weak, revocation_unknown. An unknown state is a refusal.
  Result<TrustedCertificate> check(const Certificate& leaf,
                                   const std::vector<Certificate>& presented, Purpose purpose,
                                   Time at) const;

  // As Certificate::from_der, but at once for a certificate that came with a good verdict before:
  // reading one costs more than a verification with it. Says nothing about trusting it. Failure:
  // certificate_malformed.
  Result<Certificate> read_certificate(std::string_view der) const;

  const std::vector<Certificate>& anchors() const;

  TrustStore(const TrustStore&) = delete;
  TrustStore& operator=(const TrustStore&) = delete;
  ~TrustStore();

 private:
  struct State;
  explicit TrustStore(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace truc::pki
