#include "schemas/delivery/strict_json.hpp"

#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/value_stack.hpp>
#include <cstddef>
#include <string>

namespace truc::delivery {
namespace {

namespace json = boost::json;

// Boost.JSON's depth: a record is an object holding an array of objects; one level is kept for
// members that a later version may add.
constexpr std::size_t kDepthMax = 4;

// Builds the value as json::parser does, and counts the members as they stand in the text.
struct CountingHandler {
  static constexpr std::size_t max_object_size = json::object::max_size();
  static constexpr std::size_t max_array_size = json::array::max_size();
  static constexpr std::size_t max_key_size = json::string::max_size();
  static constexpr std::size_t max_string_size = json::string::max_size();

  json::value_stack stack;
  std::size_t members = 0;

  using Error = boost::system::error_code;

  bool on_document_begin(Error&) {
    stack.reset();
    return true;
  }
  bool on_document_end(Error&) { return true; }
  bool on_object_begin(Error&) { return true; }
  bool on_object_end(std::size_t size, Error&) {
    members += size;
    stack.push_object(size);
    return true;
  }
  bool on_array_begin(Error&) { return true; }
  bool on_array_end(std::size_t size, Error&) {
    stack.push_array(size);
    return true;
  }
  bool on_key_part(json::string_view part, std::size_t, Error&) {
    stack.push_chars(part);
    return true;
  }
  bool on_key(json::string_view rest, std::size_t, Error&) {
    stack.push_key(rest);
    return true;
  }
  bool on_string_part(json::string_view part, std::size_t, Error&) {
    stack.push_chars(part);
    return true;
  }
  bool on_string(json::string_view rest, std::size_t, Error&) {
    stack.push_string(rest);
    return true;
  }
  bool on_number_part(json::string_view, Error&) { return true; }
  bool on_int64(std::int64_t number, json::string_view, Error&) {
    stack.push_int64(number);
    return true;
  }
  bool on_uint64(std::uint64_t number, json::string_view, Error&) {
    stack.push_uint64(number);
    return true;
  }
  bool on_double(double number, json::string_view, Error&) {
    stack.push_double(number);
    return true;
  }
  bool on_bool(bool flag, Error&) {
    stack.push_bool(flag);
    return true;
  }
  bool on_null(Error&) {
    stack.push_null();
    return true;
  }
  bool on_comment_part(json::string_view, Error&) { return true; }
  bool on_comment(json::string_view, Error&) { return true; }
};

// Recursion is bounded by kDepthMax.
std::size_t members_of(const json::value& value) {
  std::size_t count = 0;
  if (const auto* object = value.if_object()) {
    count += object->size();
    for (const auto& member : *object) count += members_of(member.value());
  } else if (const auto* array = value.if_array()) {
    for (const auto& element : *array) count += members_of(element);
  }
  return count;
}

Failure malformed(std::string why) {
  return Failure(ErrorCode::malformed_record).because(std::move(why));
}

}  // namespace

Result<json::value> parse_strictly(std::string_view text) {
  json::parse_options options;
  options.max_depth = kDepthMax;
  json::basic_parser<CountingHandler> parser(options);
  boost::system::error_code error;
  const auto read = parser.write_some(false, text.data(), text.size(), error);
  if (error) return malformed(error.message());
  if (read != text.size()) return malformed("something stands after the value");
  json::value value = parser.handler().stack.release();
  if (members_of(value) != parser.handler().members) return malformed("a member stands twice");
  return value;
}

}  // namespace truc::delivery
