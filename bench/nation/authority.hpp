// Certificates on demand. The root, the issuing authority, its revocation lists and the hub's own
// certificates come from truc-pki; a nation's thousands are issued here with the same authority and
// after the same profile (PR-TRUST), because a run of openssl for each would take an hour.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "pki/crypto/key.hpp"
#include "pki/trust/trust_store.hpp"

struct evp_pkey_st;
struct x509_st;

namespace truc::bench {

// A certificate and its key in memory, with the issuing certificate above it.
struct Identity {
  std::shared_ptr<evp_pkey_st> key;
  std::shared_ptr<x509_st> certificate;
  std::shared_ptr<x509_st> issuer;
};

// A folder as truc-pki makes it. One thread at a time.
class Authority {
 public:
  // Makes the authority, the hub `kHubId` at an IPv4 address and the operator in `folder`, unless
  // they are there. `program` is truc-pki. Failures: file_failed; internal when the program fails.
  static Result<std::unique_ptr<Authority>> open(const std::filesystem::path& folder,
                                                 const std::filesystem::path& program,
                                                 const std::string& address = "127.0.0.1");

  static constexpr auto kHubId = "bench";
  std::filesystem::path anchors() const { return folder_ / "anchors.pem"; }
  std::filesystem::path root_list() const { return folder_ / "crl/root.crl.pem"; }
  std::filesystem::path issuing_list() const { return folder_ / "crl/issuing.crl.pem"; }
  std::filesystem::path hub_folder() const { return folder_ / "hub" / kHubId; }
  Result<std::shared_ptr<const pki::TrustStore>> trust() const;

  // A TLS client that speaks for these agencies; P-256. Failure: crypto_failed.
  Result<Identity> system(const SystemId& system, const std::vector<AgencyCode>& agencies);
  // The operator that reads metrics. Failures: those of reading its files.
  Result<Identity> operator_client() const;
  enum class SigningKey : std::uint8_t {
    rsa,  // 2048: what agencies sign documents with. It takes a tenth of a second to make, so
          // kSigningKeys are shared; each agency has a certificate of its own
    ec,   // P-256: for recipients, whose many receipts the bench itself has to sign
  };
  // What an agency signs with. Failures: crypto_failed, file_failed.
  Result<pki::Credential> agency(const AgencyCode& code, SigningKey kind = SigningKey::rsa);

  static constexpr std::size_t kSigningKeys = 4;

 private:
  explicit Authority(std::filesystem::path folder) : folder_(std::move(folder)) {}
  Result<void> load();
  Result<std::shared_ptr<evp_pkey_st>> signing_key(SigningKey kind);

  std::filesystem::path folder_;
  std::shared_ptr<evp_pkey_st> issuing_key_;
  std::shared_ptr<x509_st> issuing_;
  std::vector<std::shared_ptr<evp_pkey_st>> signing_keys_;
  std::size_t agencies_ = 0;
};

}  // namespace truc::bench
