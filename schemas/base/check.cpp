#include "schemas/base/check.hpp"

#include <cstdio>
#include <cstdlib>

namespace truc::detail {

void check_failed(const char* condition, const char* why, const char* file, int line) {
  std::fprintf(stderr, "broken invariant at %s:%d: %s (%s)\n", file, line, condition, why);
  std::abort();
}

}  // namespace truc::detail
