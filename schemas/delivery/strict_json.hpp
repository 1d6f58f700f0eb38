// JSON as a contract reads it: one whole value, bounded depth, no member twice.
#pragma once

#include <boost/json/value.hpp>
#include <string_view>

#include "schemas/base/result.hpp"

namespace truc::delivery {

// Boost.JSON alone lets the last of two equal members win, so that two readers of one text could
// see two meanings; here that is a refusal. Failure: malformed_record, `detail` says why.
Result<boost::json::value> parse_strictly(std::string_view text);

}  // namespace truc::delivery
