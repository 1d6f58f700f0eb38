// The digests that the signature profile knows, piece by piece. For pki only; elsewhere a digest is
// SHA-256 (digest.hpp).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace truc::pki {

enum class DigestAlgorithm : std::uint8_t { sha256, sha384, sha512 };

// Aborts where the provider fails: SHA-2 of bytes in memory has no legitimate failure.
class DigestStream {
 public:
  explicit DigestStream(DigestAlgorithm algorithm);
  ~DigestStream();
  DigestStream(DigestStream&&) noexcept;
  DigestStream& operator=(DigestStream&&) noexcept;

  void update(std::string_view bytes);
  // The octets of the digest; the stream starts anew.
  std::string finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace truc::pki
