#include "edge-adapter/bridge/identities.hpp"

#include <algorithm>

namespace truc::edge {
namespace {

// A signature with another agency's certificate would be refused by everyone; better at the start.
Result<void> require_names(const pki::Certificate& certificate, const AgencyFiles& agency) {
  const std::string uri = std::string(pki::kAgencyUri) + agency.code.text();
  if (std::ranges::find(certificate.uris(), uri) != certificate.uris().end()) return success();
  return Failure(ErrorCode::certificate_identity).at(agency.chain).expected(uri);
}

}  // namespace

Result<const AgencyIdentity*> Identities::find(const AgencyCode& agency) const {
  const auto found = agencies.find(agency);
  if (found == agencies.end())
    return Failure(ErrorCode::agency_not_configured).found(agency.text());
  return &found->second;
}

Result<std::shared_ptr<const Identities>> load_identities(
    std::shared_ptr<const pki::TrustStore> trust, const std::vector<AgencyFiles>& agencies) {
  auto identities = std::make_shared<Identities>();
  identities->trust = std::move(trust);
  for (const auto& agency : agencies) {
    TRUC_TRY(auto credential, pki::Credential::load(agency.key, agency.chain));
    TRUC_TRY(require_names(credential.certificate(), agency));
    TRUC_TRY(auto signer, pki::ReceiptSigner::make(credential));
    identities->agencies.emplace(agency.code, AgencyIdentity{.credential = std::move(credential),
                                                             .signer = std::move(signer)});
  }
  return std::shared_ptr<const Identities>(std::move(identities));
}

std::shared_ptr<const Identities> IdentityBook::current() const {
  const std::lock_guard lock(mutex_);
  return current_;
}

void IdentityBook::replace(std::shared_ptr<const Identities> next) {
  const std::lock_guard lock(mutex_);
  current_ = std::move(next);
}

}  // namespace truc::edge
