#include "pki/crypto/key.hpp"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include "pki/crypto/ecdsa_form.hpp"
#include "pki/crypto/file.hpp"
#include "pki/crypto/handles.hpp"
#include "pki/crypto/openssl_error.hpp"
#include "pki/crypto/prepared.hpp"
#include "pki/crypto/strength.hpp"
#include "schemas/base/check.hpp"

namespace truc::pki {
namespace {

// An encrypted key would make OpenSSL ask on the terminal; a service has none.
int no_password(char*, int, int, void*) {
  return -1;
}

const unsigned char* octets(std::string_view bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

Failure unreadable(const std::string& path, Failure why) {
  return Failure(ErrorCode::key_unreadable)
      .at(path)
      .expected(why.expected())
      .found(why.found())
      .because(why.detail());
}

}  // namespace

struct PrivateKey::State {
  KeyHandle native;
  KeyKind kind;
  DigestContextHandle prepared;  // copied for each signature: to prepare one costs a third of P-256
};

Result<PrivateKey> PrivateKey::load_pem_file(const std::string& path) {
  auto text = read_trust_file(path, FileAccess::owner_only);
  if (!text) return unreadable(path, text.error());
  const BioHandle memory(
      BIO_new_mem_buf(text.value().data(), static_cast<int>(text.value().size())));
  if (!memory) return crypto_failure("BIO_new_mem_buf");
  KeyHandle key(PEM_read_bio_PrivateKey(memory.get(), nullptr, no_password, nullptr));
  OPENSSL_cleanse(text.value().data(), text.value().size());
  if (!key) {
    return Failure(ErrorCode::key_unreadable)
        .at(path)
        .expected("an unencrypted private key in PEM")
        .because(drain_openssl_errors("PEM_read_bio_PrivateKey"));
  }
  auto kind = require_strong_key(key.get());
  if (!kind) return Failure(kind.error()).at(path);
  TRUC_TRY(auto prepared, prepare_signing(key.get(), default_of(kind.value())));
  return PrivateKey(
      std::make_shared<const State>(State{std::move(key), kind.value(), std::move(prepared)}));
}

SignatureAlgorithm PrivateKey::algorithm() const {
  return default_of(state_->kind);
}

evp_pkey_st* PrivateKey::native() const {
  return state_->native.get();
}

Result<std::string> PrivateKey::sign(std::string_view data) const {
  TRUC_TRY(const auto context, copy_of(state_->prepared.get()));
  std::size_t size = static_cast<std::size_t>(EVP_PKEY_get_size(native()));
  std::string signature(size, '\0');
  if (EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size,
                     octets(data), data.size()) != 1)
    return crypto_failure("EVP_DigestSign");
  signature.resize(size);
  if (state_->kind == KeyKind::rsa) return signature;
  return ecdsa_der_to_raw(signature, ecdsa_width(state_->kind));
}

Result<void> PrivateKey::require_belongs_to(const Certificate& certificate) const {
  const EVP_PKEY* theirs = X509_get0_pubkey(certificate.native());
  if (theirs != nullptr && EVP_PKEY_eq(theirs, native()) == 1) return success();
  return Failure(ErrorCode::key_mismatch)
      .expected("the key of the certificate " + certificate.subject())
      .because(drain_openssl_errors("EVP_PKEY_eq"));
}

Result<SignatureAlgorithm> default_algorithm(const Certificate& certificate) {
  TRUC_TRY(const KeyKind kind, require_strong_key(X509_get0_pubkey(certificate.native())));
  return default_of(kind);
}

Result<void> verify_signature(const Certificate& signer, SignatureAlgorithm algorithm,
                              std::string_view data, std::string_view signature) {
  EVP_PKEY* key = X509_get0_pubkey(signer.native());
  TRUC_TRY(const KeyKind kind, require_strong_key(key));
  if (is_ecdsa(algorithm) == (kind == KeyKind::rsa)) {
    return Failure(ErrorCode::signature_algorithm)
        .expected(kind == KeyKind::rsa ? "RSA, as the certificate's key"
                                       : "ECDSA, as the certificate's key");
  }
  std::string der;
  if (is_ecdsa(algorithm)) {
    TRUC_TRY(der, ecdsa_raw_to_der(signature, ecdsa_width(kind)));
    signature = der;
  }
  const bool is_prepared = signer.prepared() != nullptr && algorithm == default_of(kind);
  TRUC_TRY(const auto context,
           is_prepared ? copy_of(signer.prepared()) : prepare_verification(key, algorithm));
  const int verdict = EVP_DigestVerify(context.get(), octets(signature), signature.size(),
                                       octets(data), data.size());
  if (verdict == 1) return success();
  if (verdict == 0) {
    ERR_clear_error();  // OpenSSL says more about why, which helps only forgers
    return Failure(ErrorCode::signature_invalid);
  }
  return crypto_failure("EVP_DigestVerify");
}

Result<Credential> Credential::load(const std::string& key_path, const std::string& chain_path) {
  TRUC_TRY(auto key, PrivateKey::load_pem_file(key_path));
  TRUC_TRY(auto chain, Certificate::load_pem_file(chain_path));
  TRUC_TRY(key.require_belongs_to(chain.front()));
  return Credential(std::move(key), std::move(chain));
}

}  // namespace truc::pki
