// Certificate revocation lists (RFC 5280 clause 5) as TrustStore keeps them. For pki/trust only.
#pragma once

#include <string>
#include <vector>

#include "pki/crypto/certificate.hpp"
#include "pki/crypto/handles.hpp"
#include "schemas/base/clock.hpp"
#include "schemas/base/result.hpp"

namespace truc::pki {

struct RevocationList {
  CrlHandle native;
  Time issued;  // thisUpdate
  Time next_update;
};

// PEM or DER, at least one list. Failures: certificate_malformed, also for a list without
// nextUpdate, which would be believed for ever; certificate_weak.
Result<std::vector<RevocationList>> read_revocation_lists(const std::string& bytes);

// The same of a file, which is the failure's place. Failure also: file_failed.
Result<std::vector<RevocationList>> load_revocation_lists(const std::string& path);

// Failure: certificate_untrusted when another authority issued it, or its signature does not hold.
Result<void> require_issued_by(const RevocationList& list, const Certificate& issuer);

}  // namespace truc::pki
