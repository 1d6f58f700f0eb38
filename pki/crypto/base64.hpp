// Base64 (RFC 4648): the padded alphabet of XML and x5c, and the unpadded base64url of JWS.
//
// Decoding takes the one canonical form of every value: exact padding, or none for base64url, zero
// trailing bits, no character outside the alphabet. White space is the caller's to remove.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace truc::pki {

std::string encode_base64(std::string_view bytes);
std::string encode_base64url(std::string_view bytes);

// nullopt for anything that the encoders above do not write.
std::optional<std::string> decode_base64(std::string_view text);
std::optional<std::string> decode_base64url(std::string_view text);

}  // namespace truc::pki
