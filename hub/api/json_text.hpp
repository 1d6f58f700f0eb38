// JSON objects and arrays written piece by piece, so that a signed receipt stands in an answer with
// exactly the characters that were signed.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "schemas/base/clock.hpp"

namespace truc::hub {

// `text` as a JSON string, with its quotes.
std::string json_string(std::string_view text);
void append_json_string(std::string& json, std::string_view text);

class JsonObject {
 public:
  JsonObject& text(std::string_view name, std::string_view value);
  JsonObject& number(std::string_view name, std::uint64_t value);
  JsonObject& time(std::string_view name, Time value);
  // `json` is one JSON value.
  JsonObject& raw(std::string_view name, std::string_view json);
  std::string finish() &&;

 private:
  std::string text_ = "{";
};

class JsonArray {
 public:
  JsonArray& text(std::string_view value);
  JsonArray& raw(std::string_view json);
  std::string finish() &&;
  std::size_t bytes() const { return text_.size(); }

 private:
  std::string text_ = "[";
};

}  // namespace truc::hub
