// Which of several hubs serves a system's mailboxes now.
#pragma once

#include <cstdint>
#include <string>

#include "schemas/base/ids.hpp"

namespace truc::hub {

struct Place {
  enum class Where : std::uint8_t {
    here,
    elsewhere,  // at `address`
    nowhere,    // this hub may not act: it is cut off from the others, or not among them yet
  };
  Where where = Where::nowhere;
  std::string address;  // "host:port"
};

// Any thread; what it says holds at this moment.
class Placement {
 public:
  virtual ~Placement() = default;
  virtual Place place_of(const SystemId& system) const = 0;
};

}  // namespace truc::hub
