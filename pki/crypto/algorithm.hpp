// The names of keys and algorithms of the profile.
#pragma once

#include <cstdint>

namespace truc::pki {

enum class KeyKind : std::uint8_t { rsa, p256, p384 };

// The algorithms of the profile. SHA-1, DSA and HMAC have no name here on purpose.
enum class SignatureAlgorithm : std::uint8_t {
  rsa_sha256,  // RSASSA-PKCS1-v1_5
  rsa_sha384,
  rsa_sha512,
  ecdsa_sha256,  // on P-256 or P-384; signature as r||s (XMLDSig 6.4.3, RFC 7518 3.4)
  ecdsa_sha384,
};

bool is_ecdsa(SignatureAlgorithm algorithm);
// What a key of this kind signs with unless something else is asked for.
SignatureAlgorithm default_of(KeyKind kind);
// As OpenSSL's providers call it.
const char* digest_name(SignatureAlgorithm algorithm);

}  // namespace truc::pki
