// SHA-256 (FIPS 180-4), in one call or piece by piece.
#pragma once

#include <memory>
#include <string_view>

#include "schemas/base/bytes.hpp"

namespace truc::pki {

// Never fails for memory-resident input: a failing provider breaks an invariant and aborts.
Sha256 sha256(std::string_view bytes);

class Sha256Stream {
 public:
  Sha256Stream();
  ~Sha256Stream();
  Sha256Stream(Sha256Stream&&) noexcept;
  Sha256Stream& operator=(Sha256Stream&&) noexcept;

  void update(std::string_view bytes);
  // The digest of all updates; the stream starts anew.
  Sha256 finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace truc::pki
