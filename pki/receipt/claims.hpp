// ReceiptClaims as JSON, and back (PR-RCPT, "Payload"). For pki/receipt only.
#pragma once

#include <string>
#include <string_view>

#include "pki/receipt/receipt.hpp"

namespace truc::pki {

// The one text of these claims. Failure: receipt_malformed, naming the member, for claims that no
// receipt may make.
Result<std::string> write_claims(const ReceiptClaims& claims);

// Takes exactly what write_claims writes, byte for byte: so unknown, missing, repeated and
// reordered members, other spellings of a value and white space have no chance to be read in two
// ways. Failure: receipt_malformed with the member as place.
Result<ReceiptClaims> parse_claims(std::string_view text);

}  // namespace truc::pki
