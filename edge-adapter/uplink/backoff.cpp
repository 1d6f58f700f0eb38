#include "edge-adapter/uplink/backoff.hpp"

#include <algorithm>

#include "schemas/base/check.hpp"
#include "schemas/base/limits.hpp"

namespace truc::edge {

std::chrono::milliseconds backoff_delay(int failures, double jitter) {
  TRUC_CHECK(failures >= 1, "a delay follows a failure");
  TRUC_CHECK(jitter >= 0.0 && jitter < 1.0, "jitter is a share");
  constexpr std::chrono::milliseconds kMin = limits::kRetryDelayMin;
  constexpr std::chrono::milliseconds kMax = limits::kRetryDelayMax;
  constexpr int kDoublingsMax = 20;  // far above the maximum, far below an overflow
  const auto full = std::min<std::chrono::milliseconds>(
      kMax, kMin * (1LL << std::min(failures - 1, kDoublingsMax)));
  const auto taken = static_cast<std::int64_t>(static_cast<double>(full.count()) * jitter / 2.0);
  return full - std::chrono::milliseconds(taken);
}

}  // namespace truc::edge
