#include "pki/crypto/prepared.hpp"

#include "pki/crypto/openssl_error.hpp"

namespace truc::pki {
namespace {

// `begin` is EVP_DigestSignInit_ex or its counterpart.
Result<DigestContextHandle> prepare(decltype(EVP_DigestSignInit_ex)* begin, const char* step,
                                    EVP_PKEY* key, SignatureAlgorithm algorithm) {
  DigestContextHandle context(EVP_MD_CTX_new());
  if (!context) return crypto_failure("EVP_MD_CTX_new");
  const char* digest = digest_name(algorithm);
  if (begin(context.get(), nullptr, digest, nullptr, nullptr, key, nullptr) != 1)
    return crypto_failure(step);
  return context;
}

}  // namespace

Result<DigestContextHandle> prepare_signing(EVP_PKEY* key, SignatureAlgorithm algorithm) {
  return prepare(EVP_DigestSignInit_ex, "EVP_DigestSignInit_ex", key, algorithm);
}

Result<DigestContextHandle> prepare_verification(EVP_PKEY* key, SignatureAlgorithm algorithm) {
  return prepare(EVP_DigestVerifyInit_ex, "EVP_DigestVerifyInit_ex", key, algorithm);
}

Result<DigestContextHandle> copy_of(const EVP_MD_CTX* prepared) {
  DigestContextHandle context(EVP_MD_CTX_new());
  if (!context) return crypto_failure("EVP_MD_CTX_new");
  if (EVP_MD_CTX_copy_ex(context.get(), prepared) != 1) return crypto_failure("EVP_MD_CTX_copy_ex");
  return context;
}

}  // namespace truc::pki
