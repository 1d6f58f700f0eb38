// Values as TOML writes them, for the effective configuration and for messages.
#pragma once

#include <toml++/toml.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace truc::config {

std::string toml_text(std::string_view text);
std::string toml_text(std::int64_t number);
std::string toml_text(bool flag);
std::string toml_text(const std::vector<std::string>& texts);

// A value as its author would recognise it; tables, arrays and long texts are only hinted at.
std::string found_text(const toml::node& node);

}  // namespace truc::config
