// Strict reading of small JSON objects. For pki/receipt only.
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <string>
#include <string_view>

#include "schemas/base/result.hpp"

namespace truc::pki {

Failure malformed_receipt(std::string place, std::string expected);

// Failure: receipt_malformed at `place` unless the text is one JSON object of UTF-8. Of a repeated
// member the last is seen, so callers write again what they read and compare.
Result<boost::json::object> parse_object(std::string_view text, const std::string& place);

// A member that is a string. Failure: receipt_malformed with "/name" as place.
Result<std::string_view> string_member(const boost::json::object& object, std::string_view name);

}  // namespace truc::pki
