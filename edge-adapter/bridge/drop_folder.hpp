// Looks into out/: what is there to be taken now.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "edge-adapter/spool/names.hpp"
#include "schemas/base/clock.hpp"

namespace truc::edge {

struct Drop {
  std::string name;
  DropForm form;
};

// A thing that has not changed for this long is taken even when no event has said that it is whole.
constexpr auto kSettledAfter = std::chrono::seconds(2);

// The drops to claim now, in the order of their age. A thing is whole when an event said so
// (`finished`: it was renamed into out/, or its writer has closed it), or when nothing in it has
// changed for kSettledAfter. At most `max`. Failure: file_failed.
Result<std::vector<Drop>> find_drops(const Files& files, const std::string& out,
                                     const std::set<std::string>& finished, Time now,
                                     std::size_t max);

}  // namespace truc::edge
