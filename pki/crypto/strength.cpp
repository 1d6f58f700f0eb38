#include "pki/crypto/strength.hpp"

#include <openssl/core_names.h>
#include <openssl/objects.h>

#include <array>

#include "pki/crypto/handles.hpp"
#include "schemas/base/limits.hpp"

namespace truc::pki {
namespace {

Failure weak(std::string expected, std::string found) {
  return Failure(ErrorCode::certificate_weak).expected(std::move(expected)).found(std::move(found));
}

}  // namespace

Result<KeyKind> require_strong_key(const EVP_PKEY* key) {
  constexpr auto kExpected = "a key of RSA from 2048 to 8192 bits, P-256 or P-384";
  if (key == nullptr) return weak(kExpected, "a key of an unknown kind");
  const int bits = EVP_PKEY_get_bits(key);
  switch (EVP_PKEY_get_base_id(key)) {
    case EVP_PKEY_RSA:
      if (bits < limits::kRsaBitsMin || bits > limits::kRsaBitsMax)
        return weak(kExpected, "RSA of " + std::to_string(bits) + " bits");
      return KeyKind::rsa;
    case EVP_PKEY_EC: {
      std::array<char, 64> name{};
      if (EVP_PKEY_get_group_name(key, name.data(), name.size(), nullptr) == 1) {
        const std::string_view group(name.data());
        if (group == SN_X9_62_prime256v1 || group == "P-256") return KeyKind::p256;
        if (group == SN_secp384r1 || group == "P-384") return KeyKind::p384;
        return weak(kExpected, "the curve " + std::string(group));
      }
      return weak(kExpected, "a curve without a name");
    }
    default:
      return weak(kExpected, "a key of another kind");
  }
}

Result<void> require_strong_algorithm(int signature_nid) {
  switch (signature_nid) {
    case NID_sha256WithRSAEncryption:
    case NID_sha384WithRSAEncryption:
    case NID_sha512WithRSAEncryption:
    case NID_ecdsa_with_SHA256:
    case NID_ecdsa_with_SHA384:
    case NID_ecdsa_with_SHA512:
      return success();
    default:
      return weak("signed by RSA or ECDSA with SHA-256 or better", OBJ_nid2ln(signature_nid));
  }
}

Result<void> require_strong_certificate(const Certificate& certificate) {
  TRUC_TRY(require_strong_key(X509_get0_pubkey(certificate.native())));
  return require_strong_algorithm(X509_get_signature_nid(certificate.native()));
}

Result<void> require_strong_list(const X509_CRL* list) {
  return require_strong_algorithm(X509_CRL_get_signature_nid(list));
}

}  // namespace truc::pki
