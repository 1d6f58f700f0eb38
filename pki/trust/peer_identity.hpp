// Who is at the other end of a connection or behind a signature: names bound in a trusted
// certificate.
#pragma once

#include <optional>
#include <set>
#include <string>

#include "pki/trust/trust_store.hpp"

namespace truc::pki {

// Of a TLS certificate: a connected system with the agencies that it may speak for, an operator, or
// a hub; exactly one of the three. A value.
struct PeerIdentity {
  std::optional<SystemId> system;
  std::set<AgencyCode> agencies;  // only with `system`
  std::optional<std::string> operator_name;
  std::optional<std::string> hub;

  bool speaks_for(const AgencyCode& agency) const { return system && agencies.contains(agency); }
  // For logs and quotas: "system:00.53.W00", "operator:…", "hub:…".
  std::string text() const;
};

// Failure: certificate_identity.
Result<PeerIdentity> identify_peer(const TrustedCertificate& certificate);

// The one agency that a signing certificate names. Failure: certificate_identity when none or more
// than one.
Result<AgencyCode> identify_agency(const TrustedCertificate& certificate);

// The hub that a receipt-signing certificate names. Failure: certificate_identity.
Result<std::string> identify_hub(const TrustedCertificate& certificate);

}  // namespace truc::pki
