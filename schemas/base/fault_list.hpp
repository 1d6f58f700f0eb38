// What lint answers: by the hub over HTTP, and by the adapter's command.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "schemas/base/faults.hpp"

namespace truc {

struct FaultList {
  std::vector<Failure> faults;
  enum class Extent : std::uint8_t {
    complete,
    first,  // there are more
  } extent = Extent::complete;
};

// All that `check` finds, up to kLintFaultsMax. Failure: what ended it without being a fault.
Result<FaultList> list_faults(const std::function<Result<void>(Faults&)>& check);

// {"faults":[problem…],"complete":true}
std::string to_json(const FaultList& list);

}  // namespace truc
