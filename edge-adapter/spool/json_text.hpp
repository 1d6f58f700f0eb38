// Reading and writing the spool's small JSON files. For sources of this folder and of uplink only:
// Boost.JSON is heavy to include.
#pragma once

#include <boost/json/object.hpp>

#include <optional>
#include <string>
#include <string_view>

#include "schemas/base/result.hpp"

namespace truc::edge {

// A JSON object whose members are asked for by name. What is missing or of another type fails with
// malformed_record and the member's name.
class JsonRecord {
 public:
  static Result<JsonRecord> parse(std::string_view text);
  explicit JsonRecord(boost::json::object members) : members_(std::move(members)) {}

  Result<std::string> text(std::string_view name) const;
  Result<std::optional<std::string>> optional_text(std::string_view name) const;
  Result<std::uint64_t> number(std::string_view name) const;
  Result<JsonRecord> record(std::string_view name) const;
  bool has(std::string_view name) const { return members_.contains(name); }
  const boost::json::object& members() const { return members_; }

 private:
  boost::json::object members_;
};

Failure malformed_member(std::string_view name);

}  // namespace truc::edge
