// What is strong enough: RSA of 2048 to 8192 bits, P-256, P-384; certificates and lists signed with
// SHA-2. For pki only.
#pragma once

#include "pki/crypto/algorithm.hpp"
#include "pki/crypto/certificate.hpp"

struct evp_pkey_st;
struct X509_crl_st;

namespace truc::pki {

// `key` may be null: OpenSSL's answer for a key of a kind that it does not know. Failure:
// certificate_weak.
Result<KeyKind> require_strong_key(const evp_pkey_st* key);

// Key, and the algorithm by which the certificate itself is signed. Failure: certificate_weak.
Result<void> require_strong_certificate(const Certificate& certificate);

// `signature_nid` names digest and key together, as in sha256WithRSAEncryption. Failure:
// certificate_weak.
Result<void> require_strong_algorithm(int signature_nid);

// Failure: certificate_weak.
Result<void> require_strong_list(const X509_crl_st* list);

}  // namespace truc::pki
