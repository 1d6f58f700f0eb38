// Which of several hubs serves a system's mailboxes now.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

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

struct ServingHub {
  std::string hub;
  std::string address;  // where adapters reach it, "host:port"
};

// Any thread; what it says holds at this moment.
class Placement {
 public:
  virtual ~Placement() = default;
  virtual Place place_of(const SystemId& system) const = 0;
  // Whether this hub may act at all.
  virtual bool is_serving() const = 0;
  // Those that share the work, as this one knows.
  virtual std::vector<ServingHub> hubs() const = 0;
};

}  // namespace truc::hub
