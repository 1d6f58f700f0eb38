// Times as certificates and revocation lists write them. For pki only.
#pragma once

#include <optional>

#include "schemas/base/clock.hpp"

struct asn1_string_st;

namespace truc::pki {

// nullopt for null and for what is no time.
std::optional<Time> to_time(const asn1_string_st* time);

}  // namespace truc::pki
