#include "edge-adapter/spool/json_text.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

namespace truc::edge {

Failure malformed_member(std::string_view name) {
  return Failure(ErrorCode::malformed_record).at(std::string(name));
}

Result<JsonRecord> JsonRecord::parse(std::string_view text) {
  boost::system::error_code error;
  boost::json::value value = boost::json::parse(text, error);
  if (error) return Failure(ErrorCode::malformed_record).because(error.message());
  if (!value.is_object()) return Failure(ErrorCode::malformed_record).expected("an object");
  return JsonRecord(std::move(value.as_object()));
}

Result<std::string> JsonRecord::text(std::string_view name) const {
  TRUC_TRY(auto found, optional_text(name));
  if (!found) return malformed_member(name);
  return std::move(*found);
}

Result<std::optional<std::string>> JsonRecord::optional_text(std::string_view name) const {
  const auto* value = members_.if_contains(name);
  if (value == nullptr) return std::optional<std::string>();
  if (!value->is_string()) return malformed_member(name);
  return std::optional<std::string>(std::string(value->get_string()));
}

Result<std::uint64_t> JsonRecord::number(std::string_view name) const {
  const auto* value = members_.if_contains(name);
  if (value == nullptr) return malformed_member(name);
  if (value->is_uint64()) return value->get_uint64();
  if (value->is_int64() && value->get_int64() >= 0)
    return static_cast<std::uint64_t>(value->get_int64());
  return malformed_member(name);
}

Result<JsonRecord> JsonRecord::record(std::string_view name) const {
  const auto* value = members_.if_contains(name);
  if (value == nullptr || !value->is_object()) return malformed_member(name);
  return JsonRecord(value->get_object());
}

}  // namespace truc::edge
