// Work of many equal parts, on all processors.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "schemas/base/result.hpp"

namespace truc::bench {

// Told how many are made, now and then, by the calling thread.
using Made = std::function<void(std::size_t)>;

// Calls `work` with each number below `count`, from several threads at a time. The first failure
// ends it and is returned.
Result<void> work_in_parallel(std::size_t count,
                              const std::function<Result<void>(std::size_t)>& work,
                              const Made& told);

// What `make` makes of each number below `count`, in order; called and failing as above.
template <class Thing>
Result<std::vector<Thing>> make_in_parallel(std::size_t count,
                                            const std::function<Result<Thing>(std::size_t)>& make,
                                            const Made& told) {
  std::vector<std::optional<Thing>> made(count);
  const auto put = [&](std::size_t number) -> Result<void> {
    TRUC_TRY(auto one, make(number));
    made[number] = std::move(one);
    return success();
  };
  TRUC_TRY(work_in_parallel(count, put, told));
  std::vector<Thing> things;
  things.reserve(count);
  for (auto& one : made) things.push_back(std::move(*one));
  return things;
}

}  // namespace truc::bench
