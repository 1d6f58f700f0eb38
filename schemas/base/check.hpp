// TRUC_CHECK: an invariant whose breach is our bug. On in every build: says why it must hold,
// aborts.
#pragma once

namespace truc::detail {
[[noreturn]] void check_failed(const char* condition, const char* why, const char* file, int line);
}

#define TRUC_CHECK(condition, why)                                       \
  do {                                                                   \
    if (!(condition)) [[unlikely]]                                       \
      ::truc::detail::check_failed(#condition, why, __FILE__, __LINE__); \
  } while (false)
