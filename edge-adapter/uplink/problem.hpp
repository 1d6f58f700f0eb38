// A hub's refusal, read back from its problem JSON.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "schemas/base/fault_list.hpp"

namespace truc::edge {

// `status` decides alone when the body is not a problem that we know: 5xx is peer_protocol (try
// again), 4xx malformed_request with what the hub said (final).
Failure read_problem(int status, std::string_view body);

// The answer of a hub's lint. A code that only a newer hub knows is malformed_request with what the
// hub said. Failure: peer_protocol.
Result<FaultList> read_fault_list(std::string_view body);

// The answer to `count` confirmations, one outcome each: {"outcomes":[{} or a problem, …]}. A code
// that only a newer hub knows is malformed_request with what the hub said. Failure: peer_protocol.
Result<std::vector<Result<void>>> read_outcomes(std::string_view body, std::size_t count);

}  // namespace truc::edge
