// The two forms of an ECDSA signature: DER, which OpenSSL speaks, and r||s in the curve's width,
// which XMLDSig and JWS speak. For pki only.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "pki/crypto/strength.hpp"
#include "schemas/base/result.hpp"

namespace truc::pki {

// Octets of r, and of s. `kind` is a curve.
std::size_t ecdsa_width(KeyKind kind);

// Failure: crypto_failed.
Result<std::string> ecdsa_der_to_raw(std::string_view der, std::size_t width);

// Exactly twice the width, nothing shorter and nothing padded. Failure: signature_invalid.
Result<std::string> ecdsa_raw_to_der(std::string_view raw, std::size_t width);

}  // namespace truc::pki
