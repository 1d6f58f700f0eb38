// For the sources of AgencyApi only.
#pragma once

#include "hub/api/agency_api.hpp"

namespace truc::hub {

// Not copied or moved: the representation refers to the other members.
struct AgencyApi::View {
  View(const AdmissionServices& services, const pki::PeerIdentity& peer)
      : directory(services.directory.current()),
        day(vietnam_day(services.clock.now())),
        acting(peer, *directory, day) {}
  View(const View&) = delete;
  View& operator=(const View&) = delete;

  std::shared_ptr<const Directory> directory;
  std::chrono::sys_days day;
  Representation acting;
};

// A whole number of `min` to `max` in a parameter; `fallback` when it is absent. Failure:
// malformed_request at the parameter's name.
Result<std::size_t> whole_number(const channel::Target& target, std::string_view name,
                                 std::size_t fallback, std::size_t min, std::size_t max);

}  // namespace truc::hub
