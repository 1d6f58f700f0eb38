// Checks files offline: signed packages, receipts, and whether a receipt speaks of a package.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "pki/receipt/receipt.hpp"
#include "pki/signature/verify.hpp"

namespace truc::pki {

// What every file is held against.
struct Measure {
  std::shared_ptr<const TrustStore> trust;
  TrustFiles::Revocation revocation;
  const edxml::Rules& rules;
  Purpose purpose;  // of certificates that are asked about as such
  Time now;         // whatever is judged as of an earlier moment is judged by what is known now
};

// What came out for one file: a proof, or the refusal that stands in the way of one.
struct Examination {
  std::string file;
  std::optional<SignedEnvelope> package;
  std::optional<VerifiedReceipt> receipt;
  std::optional<TrustedCertificate> certificate;
  std::optional<Failure> failure;
};

// Takes what begins with '{' for a receipt, with "-----BEGIN CERTIFICATE" for a certificate
// followed by those above it, everything else for a package. A receipt is judged as of the moment
// that it states, a package as of `accepted_at` where a hub's receipt tells it, else now.
Examination examine(const std::string& file, const Measure& measure,
                    std::optional<Time> accepted_at = std::nullopt);

// Does the receipt speak of these bytes, this sender and this identifier? Failure:
// receipt_mismatch.
Result<void> require_speaks_of(const VerifiedReceipt& receipt, const SignedEnvelope& package);

}  // namespace truc::pki
