#include "hub/app/materials.hpp"

#include <algorithm>

namespace truc::hub {

namespace {

Result<void> require_names(const pki::Certificate& certificate, const HubConfig& config) {
  const std::string uri = std::string(pki::kHubUri) + config.id;
  if (std::ranges::find(certificate.uris(), uri) != certificate.uris().end()) return success();
  return Failure(ErrorCode::certificate_identity).at(config.receipt.chain).expected(uri);
}

}  // namespace

Result<std::shared_ptr<const pki::ReceiptSigner>> load_signer(const HubConfig& config,
                                                              const pki::TrustStore& trust,
                                                              Time now, telemetry::Log& log) {
  TRUC_TRY(auto credential, pki::Credential::load(config.receipt.key, config.receipt.chain));
  TRUC_TRY(require_names(credential.certificate(), config));
  auto trusted = trust.check(credential.certificate(), credential.chain(),
                             pki::Purpose::document_signing, now);
  if (!trusted && trusted.error().code() != ErrorCode::revocation_unknown)
    return std::move(trusted).error().at(config.receipt.chain);
  if (!trusted) log.warn("hub.signer_unchecked", {{"failure", trusted.error()}});
  TRUC_TRY(auto signer, pki::ReceiptSigner::make(std::move(credential)));
  return std::make_shared<const pki::ReceiptSigner>(std::move(signer));
}

Result<Materials> load_materials(const HubConfig& config, const Clock& clock, telemetry::Log& log) {
  Materials materials;
  TRUC_TRY(materials.directory, Directory::load(config.directory));
  TRUC_TRY(materials.trust_keeper,
           channel::TrustKeeper::open(config.trust, config.revocation_folder(), clock, log));
  TRUC_TRY(materials.trust, materials.trust_keeper->load());
  TRUC_TRY(materials.signer, load_signer(config, *materials.trust, clock.now(), log));
  return materials;
}

channel::TlsSettings tls_settings(const HubConfig& config,
                                  std::shared_ptr<const pki::TrustStore> trust) {
  return channel::TlsSettings(config.tls.key, config.tls.chain, std::move(trust));
}

}  // namespace truc::hub
