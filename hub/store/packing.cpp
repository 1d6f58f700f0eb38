#include "hub/store/packing.hpp"

#include <lz4.h>

#include <cstdint>

#include "schemas/base/check.hpp"
#include "schemas/base/limits.hpp"

namespace truc::hub {
namespace {

constexpr char kPacked = '\1';
constexpr unsigned char kOwnMarks = 9;  // first octets below it are the store's
constexpr std::size_t kHeadOctets = 1 + 4;
constexpr std::size_t kWorthIt = 256;  // shorter ones gain next to nothing
// An LZ4 block cannot say more in one octet, so a length beyond that is a lie.
constexpr std::uint64_t kExpansionMax = 255;

static_assert(limits::kEnvelopeBytesMax <= LZ4_MAX_INPUT_SIZE);

void put_length(std::string& packed, std::size_t length) {
  for (std::size_t octet = kHeadOctets; octet-- > 1; length >>= 8)
    packed[octet] = static_cast<char>(length);
}

std::uint64_t read_length(std::string_view octets) {
  std::uint64_t length = 0;
  for (const char octet : octets) length = length << 8 | static_cast<unsigned char>(octet);
  return length;
}

Failure corrupt(std::string why) {
  return Failure(ErrorCode::storage_corrupt).at("documents").because(std::move(why));
}

}  // namespace

std::string pack(std::string_view bytes) {
  TRUC_CHECK(bytes.size() <= limits::kEnvelopeBytesMax, "an item was measured when it came");
  const bool could_be_mistaken =
      !bytes.empty() && static_cast<unsigned char>(bytes.front()) < kOwnMarks;
  if (bytes.size() < kWorthIt && !could_be_mistaken) return std::string(bytes);
  const auto length = static_cast<int>(bytes.size());
  const auto bound = static_cast<std::size_t>(LZ4_compressBound(length));
  std::string packed(kHeadOctets + bound, kPacked);
  put_length(packed, bytes.size());
  const int written = LZ4_compress_default(bytes.data(), packed.data() + kHeadOctets, length,
                                           static_cast<int>(bound));
  TRUC_CHECK(written > 0, "LZ4 fails only where there is no room");
  packed.resize(kHeadOctets + static_cast<std::size_t>(written));
  if (packed.size() >= bytes.size() && !could_be_mistaken) return std::string(bytes);
  return packed;
}

Result<std::string> unpack(std::string packed) {
  if (!packed.starts_with(kPacked)) return packed;
  if (packed.size() < kHeadOctets) return corrupt("a packed item without its length");
  const std::string_view block = std::string_view(packed).substr(kHeadOctets);
  const auto length = read_length(std::string_view(packed).substr(1, kHeadOctets - 1));
  if (length > limits::kEnvelopeBytesMax || length > block.size() * kExpansionMax)
    return corrupt("a packed item that says too great a length");
  std::string bytes(length, '\0');
  const int read = LZ4_decompress_safe(block.data(), bytes.data(), static_cast<int>(block.size()),
                                       static_cast<int>(length));
  if (read < 0 || static_cast<std::uint64_t>(read) != length)
    return corrupt("a packed item that cannot be unpacked");
  return bytes;
}

}  // namespace truc::hub
