// The names of PR-TRUST that a certificate carries. For pki/trust only.
#pragma once

#include <string>
#include <vector>

#include "pki/crypto/certificate.hpp"

namespace truc::pki {

struct BoundNames {
  std::vector<SystemId> systems;
  std::vector<AgencyCode> agencies;
  std::vector<std::string> operators;
  std::vector<std::string> hubs;

  std::size_t count() const {
    return systems.size() + agencies.size() + operators.size() + hubs.size();
  }
};

// Says nothing about trusting the certificate. URIs of others are none of our business; one that
// begins like ours must be one of ours. Failure: certificate_identity.
Result<BoundNames> read_bound_names(const Certificate& certificate);

}  // namespace truc::pki
