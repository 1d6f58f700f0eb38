// Contexts that are ready for a key: most of a small signature's cost beside its arithmetic is to
// make one. So one is made for each key and copied for each use.
#pragma once

#include "pki/crypto/algorithm.hpp"
#include "pki/crypto/handles.hpp"
#include "schemas/base/result.hpp"

namespace truc::pki {

// Failure of all: crypto_failed.
Result<DigestContextHandle> prepare_signing(EVP_PKEY* key, SignatureAlgorithm algorithm);
Result<DigestContextHandle> prepare_verification(EVP_PKEY* key, SignatureAlgorithm algorithm);
// From any thread.
Result<DigestContextHandle> copy_of(const EVP_MD_CTX* prepared);

}  // namespace truc::pki
