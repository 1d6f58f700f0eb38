#include "pki/trust/peer_identity.hpp"

#include "pki/trust/bound_names.hpp"

namespace truc::pki {
namespace {

Failure unclear(std::string expected, std::string found) {
  return Failure(ErrorCode::certificate_identity)
      .expected(std::move(expected))
      .found(std::move(found));
}

Result<BoundNames> names_of_signer(const TrustedCertificate& certificate) {
  if (certificate.purpose() != Purpose::document_signing)
    return unclear("a certificate checked for document signing", "one checked for something else");
  return read_bound_names(certificate.certificate());
}

}  // namespace

std::string PeerIdentity::text() const {
  if (system) return "system:" + system->text();
  if (operator_name) return "operator:" + *operator_name;
  if (hub) return "hub:" + *hub;
  return "nobody";
}

Result<PeerIdentity> identify_peer(const TrustedCertificate& certificate) {
  const auto purpose = certificate.purpose();
  if (purpose != Purpose::tls_client && purpose != Purpose::tls_server)
    return unclear("a certificate checked for TLS", "one checked for something else");
  TRUC_TRY(auto names, read_bound_names(certificate.certificate()));
  if (names.systems.size() + names.operators.size() + names.hubs.size() != 1)
    return unclear("exactly one system, operator or hub", certificate.certificate().subject());
  if (names.systems.empty() && !names.agencies.empty())
    return unclear("agencies only beside a system", certificate.certificate().subject());
  PeerIdentity identity;
  if (!names.systems.empty()) identity.system = std::move(names.systems.front());
  if (!names.operators.empty()) identity.operator_name = std::move(names.operators.front());
  if (!names.hubs.empty()) identity.hub = std::move(names.hubs.front());
  identity.agencies.insert(names.agencies.begin(), names.agencies.end());
  return identity;
}

Result<AgencyCode> identify_agency(const TrustedCertificate& certificate) {
  TRUC_TRY(auto names, names_of_signer(certificate));
  if (names.agencies.size() != 1 || names.count() != 1)
    return unclear("exactly one agency, and nobody else", certificate.certificate().subject());
  return std::move(names.agencies.front());
}

Result<std::string> identify_hub(const TrustedCertificate& certificate) {
  TRUC_TRY(auto names, names_of_signer(certificate));
  if (names.hubs.size() != 1 || names.count() != 1)
    return unclear("exactly one hub, and nobody else", certificate.certificate().subject());
  return std::move(names.hubs.front());
}

}  // namespace truc::pki
