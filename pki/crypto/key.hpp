// Private keys that sign, and the verification of one raw signature.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "pki/crypto/algorithm.hpp"
#include "pki/crypto/certificate.hpp"
#include "schemas/base/result.hpp"

struct evp_pkey_st;

namespace truc::pki {

// Immutable, cheap to copy, usable from any thread. The key never leaves OpenSSL's memory.
class PrivateKey {
 public:
  // PKCS#8 or traditional PEM, unencrypted, readable by its owner only (mode & 077 == 0).
  // Failures: key_unreadable, certificate_weak (RSA < 2048, curve other than P-256/P-384).
  static Result<PrivateKey> load_pem_file(const std::string& path);

  // What the key makes by default: rsa_sha256, ecdsa_sha256 (P-256), ecdsa_sha384 (P-384).
  SignatureAlgorithm algorithm() const;
  // ECDSA signatures come as r||s of the curve's width. Failure: crypto_failed.
  Result<std::string> sign(std::string_view data) const;
  // Failure: key_mismatch.
  Result<void> require_belongs_to(const Certificate& certificate) const;
  evp_pkey_st* native() const;  // borrowed; for pki only

 private:
  struct State;
  explicit PrivateKey(std::shared_ptr<const State> state) : state_(std::move(state)) {}
  std::shared_ptr<const State> state_;
};

// What the key of this certificate signs with by default, as PrivateKey::algorithm says. Failure:
// certificate_weak.
Result<SignatureAlgorithm> default_algorithm(const Certificate& certificate);

// Success only when OpenSSL's verdict is exactly "valid". Failures: signature_invalid;
// signature_algorithm when the key is not of that kind; certificate_weak; crypto_failed for
// anything that is neither valid nor invalid.
Result<void> verify_signature(const Certificate& signer, SignatureAlgorithm algorithm,
                              std::string_view data, std::string_view signature);

// A key with its certificate and the chain below the anchor, leaf first.
class Credential {
 public:
  // Failures: those of both loaders, key_mismatch.
  static Result<Credential> load(const std::string& key_path, const std::string& chain_path);

  const PrivateKey& key() const { return key_; }
  const Certificate& certificate() const { return chain_.front(); }
  const std::vector<Certificate>& chain() const { return chain_; }

 private:
  Credential(PrivateKey key, std::vector<Certificate> chain)
      : key_(std::move(key)), chain_(std::move(chain)) {}
  PrivateKey key_;
  std::vector<Certificate> chain_;
};

}  // namespace truc::pki
