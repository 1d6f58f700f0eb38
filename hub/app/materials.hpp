// What the hub reads from files beside its configuration, and reads again at SIGHUP.
#pragma once

#include <memory>

#include "hub/app/config.hpp"
#include "hub/directory/directory.hpp"
#include "pki/channel/tls_context.hpp"
#include "pki/receipt/receipt.hpp"
#include "pki/trust/trust_store.hpp"

namespace truc::hub {

struct Materials {
  std::shared_ptr<const Directory> directory;
  std::shared_ptr<const pki::TrustStore> trust;
};
// Failures: those of Directory::load and load_trust.
Result<Materials> load_materials(const HubConfig& config);

// Anchors and revocation lists. Failures: those of TrustStore::load.
Result<std::shared_ptr<const pki::TrustStore>> load_trust(const HubConfig& config);

// The signer of the hub's receipts. Refuses a certificate that others would not believe: it must be
// trusted for signing today and name this hub. Failures: those of Credential::load and
// TrustStore::check; certificate_identity.
Result<pki::ReceiptSigner> load_signer(const HubConfig& config, const pki::TrustStore& trust,
                                       Time now);

channel::TlsSettings tls_settings(const HubConfig& config,
                                  std::shared_ptr<const pki::TrustStore> trust);

}  // namespace truc::hub
