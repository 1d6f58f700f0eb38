#include "hub/directory/representation.hpp"

#include <algorithm>

namespace truc::hub {

bool Representation::is_confirmed(const Agency& agency) const {
  if (!peer_.system || agency.system != *peer_.system) return false;
  return peer_.speaks_for(agency.code) ||
         std::ranges::any_of(agency.other_codes,
                             [this](const AgencyCode& code) { return peer_.speaks_for(code); });
}

const Agency* Representation::agency_for(const AgencyCode& code) const {
  const Agency* agency = directory_.find(code);
  if (agency == nullptr) return nullptr;
  if (is_confirmed(*agency)) return agency;
  if (state_of(*agency, day_) != AgencyState::closed) return nullptr;
  const auto successor = directory_.resolve(code, day_);
  return successor && is_confirmed(*successor.value()) ? successor.value() : nullptr;
}

bool Representation::acts_for(const AgencyCode& code) const {
  return agency_for(code) != nullptr;
}

std::vector<AgencyCode> Representation::codes() const {
  std::vector<AgencyCode> codes;
  for (const AgencyCode& named : peer_.agencies) {
    const Agency* agency = directory_.find(named);
    if (agency == nullptr || !is_confirmed(*agency)) continue;
    codes.push_back(agency->code);
    codes.insert(codes.end(), agency->other_codes.begin(), agency->other_codes.end());
  }
  std::ranges::sort(codes);
  codes.erase(std::ranges::unique(codes).begin(), codes.end());
  return codes;
}

std::vector<AgencyCode> all_codes(const Directory& directory, const AgencyCode& code) {
  const Agency* agency = directory.find(code);
  if (agency == nullptr) return {code};
  std::vector<AgencyCode> codes = {agency->code};
  codes.insert(codes.end(), agency->other_codes.begin(), agency->other_codes.end());
  return codes;
}

}  // namespace truc::hub
