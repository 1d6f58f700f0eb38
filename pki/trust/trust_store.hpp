// Whom we trust: anchors, revocation lists, and the verdict on one certificate (RFC 5280 clause 6).
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "pki/crypto/certificate.hpp"
#include "pki/trust/moment.hpp"

namespace truc::pki {

class OnlineRevocation;

// What a certificate is presented for; each wants its own usage bits.
enum class Purpose : std::uint8_t {
  document_signing,  // digitalSignature, and extended usage documentSigning (RFC 9336)
  tls_client,
  tls_server,
  // For whoever asks about a certificate as such: any usage will do. Identifies nobody.
  unstated,
};

// A certificate whose path, validity, usage and revocation were checked for one purpose.
class TrustedCertificate {
 public:
  const Certificate& certificate() const { return certificate_; }
  Purpose purpose() const { return purpose_; }
  // When the list or the responder's answer that cleared it was issued; 1970-01-01 where none was
  // asked for.
  Time revocation_known_at() const { return revocation_known_at_; }
  Time good_at() const { return good_at_; }  // the moment that it was checked for

 private:
  friend class TrustStore;
  TrustedCertificate(Certificate certificate, Purpose purpose, Time revocation_known_at,
                     Time good_at)
      : certificate_(std::move(certificate)),
        purpose_(purpose),
        revocation_known_at_(revocation_known_at),
        good_at_(good_at) {}
  Certificate certificate_;
  Purpose purpose_;
  Time revocation_known_at_;
  Time good_at_;
};

struct TrustFiles {
  std::vector<std::string> anchor_files;  // PEM, self-signed roots
  std::vector<std::string> crl_files;     // PEM or DER; one for every issuing authority
  // Answers of responders, which may stand for a list; null: none.
  std::shared_ptr<OnlineRevocation> online;
  // How long past its nextUpdate a list or an answer is still believed; then revocation_unknown.
  std::chrono::milliseconds revocation_grace = std::chrono::hours{24};
  // Object identifiers of certificate policies, of which a path must allow one; empty: any path
  // will do (RFC 5280 clause 6.1.1 c and e).
  std::vector<std::string> policies;
  // An offline verifier without lists sets this; everything else leaves it.
  enum class Revocation : std::uint8_t { required, unchecked } revocation = Revocation::required;
};

// What is known of one authority's revocations.
struct RevocationStanding {
  std::string authority;  // subject
  Time issued;            // of the newest list
  Time next_update;
};

// Immutable snapshot; any thread. A reload makes a new one. Remembers verdicts of certificates that
// it has seen (bounded), within their validity, so that the hot path pays for a chain once.
class TrustStore {
 public:
  // Failures: file_failed, certificate_malformed, certificate_weak.
  static Result<std::shared_ptr<const TrustStore>> load(const TrustFiles& files);

  // `presented` are the intermediates that came along. Failures: certificate_untrusted, _expired,
  // _revoked, _usage, _weak, revocation_unknown. An unknown state is a refusal.
  //
  // For a moment that has passed: the path must have been valid then; a revocation since then does
  // not count, unless it says that a key was compromised.
  Result<TrustedCertificate> check(const Certificate& leaf,
                                   const std::vector<Certificate>& presented, Purpose purpose,
                                   Moment moment) const;

  // As Certificate::from_der, but at once for a certificate that came with a good verdict before:
  // reading one costs more than a verification with it. Says nothing about trusting it. Failure:
  // certificate_malformed.
  Result<Certificate> read_certificate(std::string_view der) const;

  const std::vector<Certificate>& anchors() const;
  // One for each authority of which there is a list; how fresh the knowledge is.
  std::vector<RevocationStanding> standing() const;

  TrustStore(const TrustStore&) = delete;
  TrustStore& operator=(const TrustStore&) = delete;
  ~TrustStore();

 private:
  struct State;
  explicit TrustStore(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace truc::pki
