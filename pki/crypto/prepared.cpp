#include "pki/crypto/prepared.hpp"

#include "pki/crypto/openssl_error.hpp"

namespace truc::pki {

Result<DigestContextHandle> prepare_signing(EVP_PKEY* key, SignatureAlgorithm algorithm) {
  DigestContextHandle context(EVP_MD_CTX_new());
  if (!context) return crypto_failure("EVP_MD_CTX_new");
  if (EVP_DigestSignInit_ex(context.get(), nullptr, digest_name(algorithm), nullptr, nullptr, key,
                            nullptr) != 1)
    return crypto_failure("EVP_DigestSignInit_ex");
  return context;
}

Result<DigestContextHandle> prepare_verification(EVP_PKEY* key, SignatureAlgorithm algorithm) {
  DigestContextHandle context(EVP_MD_CTX_new());
  if (!context) return crypto_failure("EVP_MD_CTX_new");
  if (EVP_DigestVerifyInit_ex(context.get(), nullptr, digest_name(algorithm), nullptr, nullptr, key,
                              nullptr) != 1)
    return crypto_failure("EVP_DigestVerifyInit_ex");
  return context;
}

Result<DigestContextHandle> copy_of(const EVP_MD_CTX* prepared) {
  DigestContextHandle context(EVP_MD_CTX_new());
  if (!context) return crypto_failure("EVP_MD_CTX_new");
  if (EVP_MD_CTX_copy_ex(context.get(), prepared) != 1) return crypto_failure("EVP_MD_CTX_copy_ex");
  return context;
}

}  // namespace truc::pki
