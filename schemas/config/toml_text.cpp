#include "schemas/config/toml_text.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <sstream>

namespace truc::config {

std::string toml_text(std::string_view text) {
  const toml::value<std::string> value{text};
  std::ostringstream out;
  out << toml::toml_formatter(value, toml::format_flags::none);
  return out.str();
}

std::string toml_text(std::int64_t number) {
  return std::to_string(number);
}

std::string toml_text(bool flag) {
  return flag ? "true" : "false";
}

std::string toml_text(const std::vector<std::string>& texts) {
  std::vector<std::string> quoted;
  for (const std::string& text : texts) quoted.push_back(toml_text(std::string_view(text)));
  return fmt::format("[{}]", fmt::join(quoted, ", "));
}

std::string found_text(const toml::node& node) {
  constexpr std::size_t kShownBytesMax = 80;
  if (node.is_table()) return "a table";
  if (node.is_array()) return "an array";
  std::ostringstream out;
  out << toml::toml_formatter(node, toml::format_flags::none);
  const std::string text = out.str();
  return text.size() > kShownBytesMax ? fmt::format("a text of {} bytes", text.size()) : text;
}

}  // namespace truc::config
