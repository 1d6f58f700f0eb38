#include "hub/api/json_text.hpp"

#include <array>
#include <boost/json/serializer.hpp>

namespace truc::hub {

void append_json_string(std::string& json, std::string_view text) {
  boost::json::serializer writer;
  writer.reset(text);
  std::array<char, 4096> piece;
  while (!writer.done()) json += writer.read(piece.data(), piece.size());
}

std::string json_string(std::string_view text) {
  std::string json;
  append_json_string(json, text);
  return json;
}

JsonObject& JsonObject::raw(std::string_view name, std::string_view json) {
  if (text_.size() > 1) text_ += ',';
  text_ += '"';
  text_ += name;
  text_ += "\":";
  text_ += json;
  return *this;
}

JsonObject& JsonObject::text(std::string_view name, std::string_view value) {
  return raw(name, json_string(value));
}

JsonObject& JsonObject::number(std::string_view name, std::uint64_t value) {
  return raw(name, std::to_string(value));
}

JsonObject& JsonObject::time(std::string_view name, Time value) {
  return raw(name, '"' + to_rfc3339(value) + '"');
}

std::string JsonObject::finish() && {
  text_ += '}';
  return std::move(text_);
}

JsonArray& JsonArray::raw(std::string_view json) {
  if (text_.size() > 1) text_ += ',';
  text_ += json;
  return *this;
}

JsonArray& JsonArray::text(std::string_view value) {
  return raw(json_string(value));
}

std::string JsonArray::finish() && {
  text_ += ']';
  return std::move(text_);
}

}  // namespace truc::hub
