#include "hub/ingest/transfer_ids.hpp"

#include "schemas/base/check.hpp"

namespace truc::hub {
namespace {

// How many bits of each octet TransferId::make takes: 4 + 8 + 6 + 7 * 8 = 74.
constexpr std::array<std::uint8_t, 10> kTaken = {0x0f, 0xff, 0x3f, 0xff, 0xff,
                                                 0xff, 0xff, 0xff, 0xff, 0xff};

std::array<std::uint8_t, 10> fresh_random(std::random_device& device) {
  std::array<std::uint8_t, 10> octets;
  for (std::size_t i = 0; i < octets.size(); ++i)
    octets[i] = static_cast<std::uint8_t>(device()) & kTaken[i];
  octets[0] &= 0x07;  // leaves room to count upwards
  return octets;
}

void add_one(std::array<std::uint8_t, 10>& octets) {
  for (std::size_t i = octets.size(); i-- > 0;) {
    octets[i] = static_cast<std::uint8_t>(octets[i] + 1) & kTaken[i];
    if (octets[i] != 0) return;
  }
  TRUC_CHECK(false, "2^73 identifiers do not fit into one millisecond");
}

}  // namespace

TransferId TransferIds::next() {
  const Time now = clock_.now();
  const std::lock_guard lock(mutex_);
  if (now > last_) {
    last_ = now;
    random_ = fresh_random(device_);
  } else {
    add_one(random_);
  }
  return TransferId::make(last_, random_);
}

}  // namespace truc::hub
