// What lint answers: by the hub over HTTP, and by the adapter's command.
#pragma once

#include <cstdint>
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

FaultList to_list(const Faults& faults);

// {"faults":[problem…],"complete":true}
std::string to_json(const FaultList& list);

}  // namespace truc
