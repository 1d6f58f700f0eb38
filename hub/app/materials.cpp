#include "hub/app/materials.hpp"

#include "pki/trust/peer_identity.hpp"

namespace truc::hub {

Result<std::shared_ptr<const pki::TrustStore>> load_trust(const HubConfig& config) {
  pki::TrustFiles files;
  files.anchor_files = config.trust.anchors;
  files.crl_files = config.trust.crls;
  files.revocation_grace = config.trust.revocation_grace;
  return pki::TrustStore::load(files);
}

Result<Materials> load_materials(const HubConfig& config) {
  Materials materials;
  TRUC_TRY(materials.trust, load_trust(config));
  TRUC_TRY(materials.directory, Directory::load(config.directory));
  return materials;
}

Result<pki::ReceiptSigner> load_signer(const HubConfig& config, const pki::TrustStore& trust,
                                       Time now) {
  TRUC_TRY(auto credential, pki::Credential::load(config.receipt.key, config.receipt.chain));
  auto trusted = trust.check(credential.certificate(), credential.chain(),
                             pki::Purpose::document_signing, now);
  if (!trusted) return std::move(trusted).error().at(config.receipt.chain);
  auto hub = pki::identify_hub(trusted.value());
  if (!hub) return std::move(hub).error().at(config.receipt.chain);
  if (hub.value() != config.id) {
    return Failure(ErrorCode::certificate_identity)
        .at(config.receipt.chain)
        .expected("hub " + config.id)
        .found("hub " + hub.value());
  }
  return pki::ReceiptSigner::make(std::move(credential));
}

channel::TlsSettings tls_settings(const HubConfig& config,
                                  std::shared_ptr<const pki::TrustStore> trust) {
  return channel::TlsSettings(config.tls.key, config.tls.chain, std::move(trust));
}

}  // namespace truc::hub
