// Certificate revocation lists (RFC 5280 clause 5) as TrustStore keeps them. For pki/trust only.
#pragma once

#include <string>
#include <vector>

#include "pki/crypto/handles.hpp"
#include "schemas/base/clock.hpp"
#include "schemas/base/result.hpp"

namespace truc::pki {

struct RevocationList {
  CrlHandle native;
  Time issued;  // thisUpdate
  Time next_update;
};

// All lists of a file, PEM or DER, at least one. Failures: file_failed; certificate_malformed, also
// for a list without nextUpdate, which would be believed for ever; certificate_weak.
Result<std::vector<RevocationList>> load_revocation_lists(const std::string& path);

}  // namespace truc::pki
