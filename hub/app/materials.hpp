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
  std::unique_ptr<channel::TrustKeeper> trust_keeper;
  std::shared_ptr<const pki::TrustStore> trust;
  std::shared_ptr<const pki::ReceiptSigner> signer;
};
// Failures: those of Directory::load, TrustKeeper::open and load, and load_signer.
Result<Materials> load_materials(const HubConfig& config, const Clock& clock, telemetry::Log& log);

// The signer of the hub's receipts. Refuses a certificate that others would not believe: it must be
// trusted for signing today and name this hub. Only that its revocation is not known yet does not
// stop a hub, which could not begin to ask otherwise: "hub.signer_unchecked". Failures: those of
// Credential::load and TrustStore::check; certificate_identity.
Result<std::shared_ptr<const pki::ReceiptSigner>> load_signer(const HubConfig& config,
                                                              const pki::TrustStore& trust,
                                                              Time now, telemetry::Log& log);

channel::TlsSettings tls_settings(const HubConfig& config,
                                  std::shared_ptr<const pki::TrustStore> trust);

}  // namespace truc::hub
