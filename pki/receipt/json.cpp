#include "pki/receipt/json.hpp"

#include <boost/json/parse.hpp>

namespace truc::pki {

Failure malformed_receipt(std::string place, std::string expected) {
  return Failure(ErrorCode::receipt_malformed).at(std::move(place)).expected(std::move(expected));
}

Result<boost::json::object> parse_object(std::string_view text, const std::string& place) {
  boost::json::parse_options options;
  options.max_depth = 4;  // the deepest of ours is an array in an object in an object
  boost::system::error_code error;
  boost::json::value value = boost::json::parse(text, error, {}, options);
  if (error) return malformed_receipt(place, "JSON").because(error.message());
  if (!value.is_object()) return malformed_receipt(place, "a JSON object");
  return std::move(value.as_object());
}

Result<std::string_view> string_member(const boost::json::object& object, std::string_view name) {
  const boost::json::value* value = object.if_contains(name);
  if (value == nullptr || !value->is_string())
    return malformed_receipt("/" + std::string(name), "a string");
  return std::string_view(value->get_string());
}

}  // namespace truc::pki
