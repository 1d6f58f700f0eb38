#include "pki/trust/peer_identity.hpp"

#include <algorithm>

namespace truc::pki {
namespace {

constexpr std::string_view kOurUris = "urn:truc:";

// All names of ours in one certificate.
struct Names {
  std::vector<SystemId> systems;
  std::vector<AgencyCode> agencies;
  std::vector<std::string> operators;
  std::vector<std::string> hubs;

  std::size_t count() const {
    return systems.size() + agencies.size() + operators.size() + hubs.size();
  }
};

Failure unclear(std::string expected, std::string found) {
  return Failure(ErrorCode::certificate_identity)
      .expected(std::move(expected))
      .found(std::move(found));
}

// Hubs and operators: up to 63 of a-z, 0-9, '.', '_' and '-', a letter or digit first.
bool is_name(std::string_view text) {
  const auto letter_or_digit = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
  };
  return !text.empty() && text.size() <= 63 && letter_or_digit(text.front()) &&
         std::ranges::all_of(
             text, [&](char c) { return letter_or_digit(c) || c == '.' || c == '_' || c == '-'; });
}

template <class Id>
Result<void> add_code(std::vector<Id>& to, std::string_view text, const std::string& uri) {
  auto id = Id::parse(text);
  if (!id) return unclear("a code after the last colon", uri);
  to.push_back(std::move(id).value());
  return success();
}

Result<void> add_name(std::vector<std::string>& to, std::string_view text, const std::string& uri) {
  if (!is_name(text)) return unclear("a name after the last colon", uri);
  to.emplace_back(text);
  return success();
}

Result<void> add(Names& names, const std::string& uri) {
  const auto after = [&uri](std::string_view kind) {
    return std::string_view(uri).substr(kind.size());
  };
  if (uri.starts_with(kSystemUri)) return add_code(names.systems, after(kSystemUri), uri);
  if (uri.starts_with(kAgencyUri)) return add_code(names.agencies, after(kAgencyUri), uri);
  if (uri.starts_with(kHubUri)) return add_name(names.hubs, after(kHubUri), uri);
  if (uri.starts_with(kOperatorUri)) return add_name(names.operators, after(kOperatorUri), uri);
  return unclear("a name of PR-TRUST", uri);
}

// URIs of others are none of our business; one that begins like ours must be one of ours.
Result<Names> names_of(const TrustedCertificate& certificate) {
  Names names;
  for (const auto& uri : certificate.certificate().uris()) {
    if (!uri.starts_with(kOurUris)) continue;
    TRUC_TRY(add(names, uri));
  }
  return names;
}

Result<Names> names_of_signer(const TrustedCertificate& certificate) {
  if (certificate.purpose() != Purpose::document_signing)
    return unclear("a certificate checked for document signing", "one checked for something else");
  return names_of(certificate);
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
  TRUC_TRY(auto names, names_of(certificate));
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
