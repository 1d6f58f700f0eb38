// Signs an edXML package after the profile PR-SIG (docs/protocol/signature.md).
#pragma once

#include <string>

#include "pki/crypto/key.hpp"
#include "schemas/edxml/envelope.hpp"

namespace truc::pki {

// Puts the one Signature at the end of edXMLHeader and returns the bytes that from then on are the
// document. KeyInfo carries the certificate chain. A valid envelope that is signed already is
// refused (signature_repeated). Failures: signature_repeated, crypto_failed, internal.
Result<std::string> sign_envelope(edxml::ValidEnvelope envelope, const Credential& credential);

}  // namespace truc::pki
