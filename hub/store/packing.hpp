// The bytes of items as the store keeps them: compressed where that makes them shorter. Who hands
// an item in packs it, so the writing thread, the log, memory and the disk have less to carry.
#pragma once

#include <string>
#include <string_view>

#include "schemas/base/result.hpp"

namespace truc::hub {

// An LZ4 block behind one octet 1 and its length unpacked as four octets, big-endian; or the bytes
// as they are, which then do not begin with an octet below 9, as neither XML nor JSON does. At most
// limits::kEnvelopeBytesMax bytes.
std::string pack(std::string_view bytes);

// Failure: storage_corrupt.
Result<std::string> unpack(std::string packed);

}  // namespace truc::hub
