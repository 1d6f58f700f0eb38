// Whom this adapter speaks for, and whom it trusts: one immutable snapshot, replaced whole at a
// reload.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "pki/crypto/key.hpp"
#include "pki/receipt/receipt.hpp"
#include "pki/trust/trust_store.hpp"

namespace truc::edge {

struct AgencyIdentity {
  pki::Credential credential;
  pki::ReceiptSigner signer;
};

struct Identities {
  std::shared_ptr<const pki::TrustStore> trust;
  std::map<AgencyCode, AgencyIdentity> agencies;

  // Failure: agency_not_configured.
  Result<const AgencyIdentity*> find(const AgencyCode& agency) const;
};

struct AgencyFiles {
  AgencyCode code;
  std::string key;
  std::string chain;
};

// Reads keys and chains. Failures: of the loaders, certificate_identity when a chain does not name
// its agency.
Result<std::shared_ptr<const Identities>> load_identities(
    std::shared_ptr<const pki::TrustStore> trust, const std::vector<AgencyFiles>& agencies);

// The snapshot in force. Any thread.
class IdentityBook {
 public:
  explicit IdentityBook(std::shared_ptr<const Identities> first) : current_(std::move(first)) {}
  std::shared_ptr<const Identities> current() const;
  void replace(std::shared_ptr<const Identities> next);

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const Identities> current_;
};

}  // namespace truc::edge
