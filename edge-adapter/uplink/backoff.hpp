// How long to wait before the next try: pure, no clock and no randomness of its own.
#pragma once

#include <chrono>

namespace truc::edge {

// Doubles from kRetryDelayMin with each failure to kRetryDelayMax. `jitter` in [0, 1) takes up to
// half of it away, so that adapters that lost the hub together do not come back together.
std::chrono::milliseconds backoff_delay(int failures, double jitter);

}  // namespace truc::edge
