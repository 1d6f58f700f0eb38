#include "pki/crypto/algorithm.hpp"

#include "schemas/base/check.hpp"

namespace truc::pki {

bool is_ecdsa(SignatureAlgorithm algorithm) {
  return algorithm == SignatureAlgorithm::ecdsa_sha256 ||
         algorithm == SignatureAlgorithm::ecdsa_sha384;
}

SignatureAlgorithm default_of(KeyKind kind) {
  switch (kind) {
    case KeyKind::rsa:
      return SignatureAlgorithm::rsa_sha256;
    case KeyKind::p256:
      return SignatureAlgorithm::ecdsa_sha256;
    case KeyKind::p384:
      return SignatureAlgorithm::ecdsa_sha384;
  }
  TRUC_CHECK(false, "every kind of the enumeration has its case");
  return SignatureAlgorithm::rsa_sha256;
}

const char* digest_name(SignatureAlgorithm algorithm) {
  switch (algorithm) {
    case SignatureAlgorithm::rsa_sha256:
    case SignatureAlgorithm::ecdsa_sha256:
      return "SHA2-256";
    case SignatureAlgorithm::rsa_sha384:
    case SignatureAlgorithm::ecdsa_sha384:
      return "SHA2-384";
    case SignatureAlgorithm::rsa_sha512:
      return "SHA2-512";
  }
  TRUC_CHECK(false, "every algorithm of the enumeration has its case");
  return nullptr;
}

}  // namespace truc::pki
