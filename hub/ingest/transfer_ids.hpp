// Names for accepted packages: UUIDs of version 7 that only ever grow within one process.
#pragma once

#include <array>
#include <cstdint>
#include <mutex>
#include <random>

#include "schemas/base/clock.hpp"
#include "schemas/base/ids.hpp"

namespace truc::hub {

// Any thread. Strictly increasing also within one millisecond and when the clock is set back
// (RFC 9562 6.2, method 2), so that the store's order of keys is the order of acceptance.
class TransferIds {
 public:
  explicit TransferIds(const Clock& clock) : clock_(clock) {}
  TransferId next();

 private:
  const Clock& clock_;
  std::mutex mutex_;  // a leaf; guards what follows
  std::random_device device_;
  Time last_{};
  std::array<std::uint8_t, 10> random_{};
};

}  // namespace truc::hub
