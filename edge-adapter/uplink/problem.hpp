// A hub's refusal, read back from its problem JSON.
#pragma once

#include <string_view>

#include "schemas/base/failure.hpp"

namespace truc::edge {

// `status` decides alone when the body is not a problem that we know: 5xx is peer_protocol (try
// again), 4xx malformed_request with what the hub said (final).
Failure read_problem(int status, std::string_view body);

}  // namespace truc::edge
