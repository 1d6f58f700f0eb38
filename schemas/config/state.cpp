#include "schemas/config/state.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "schemas/base/check.hpp"
#include "schemas/config/nearest.hpp"
#include "schemas/config/toml_text.hpp"

namespace truc::config {
namespace {

bool is_key(std::string_view key) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.';
  };
  return !key.empty() && key.front() != '.' && key.back() != '.' &&
         key.find("..") == std::string_view::npos && std::ranges::all_of(key, allowed);
}

bool lies_below(std::string_view key, std::string_view table) {
  return key.size() > table.size() && key.starts_with(table) && key[table.size()] == '.';
}

std::string joined(std::string_view path, std::string_view name) {
  return path.empty() ? std::string(name) : fmt::format("{}.{}", path, name);
}

// "store.path" → {"store", "path"}; the table's part is empty for a key of the root.
std::pair<std::string_view, std::string_view> table_and_name(std::string_view key) {
  const std::size_t dot = key.rfind('.');
  if (dot == std::string_view::npos) return {{}, key};
  return {key.substr(0, dot), key.substr(dot + 1)};
}

// The known keys, and every table on the way to them.
std::vector<std::string> with_tables(const std::vector<std::string>& known) {
  std::vector<std::string> names = known;
  for (std::string_view key : known)
    for (key = table_and_name(key).first; !key.empty(); key = table_and_name(key).first)
      names.emplace_back(key);
  return names;
}

}  // namespace

std::optional<const toml::node*> Reader::State::find(std::string_view key) {
  const toml::table* current = table;
  std::size_t begin = 0;
  for (std::size_t dot = key.find('.'); dot != std::string_view::npos; dot = key.find('.', begin)) {
    const toml::node* node = current->get(key.substr(begin, dot - begin));
    if (node == nullptr) return nullptr;
    if (!node->is_table()) {
      wrong_value(*node, key.substr(0, dot), "a table");
      return std::nullopt;
    }
    current = node->as_table();
    begin = dot + 1;
  }
  return current->get(key.substr(begin));
}

void Reader::State::check_new(std::string_view key) const {
  TRUC_CHECK(!finished, "settings are declared before finish()");
  TRUC_CHECK(is_key(key), "a setting's key is lower-case words joined by dots");
  for (const std::string& known : known_keys()) {
    TRUC_CHECK(known != key, "each setting is declared once");
    TRUC_CHECK(!lies_below(known, key), "a setting is not also a table");
    TRUC_CHECK(!lies_below(key, known), "a setting is not also a table");
  }
}

void Reader::State::fault(std::optional<std::uint32_t> line, std::string_view key,
                          std::string_view text) {
  Fault noted{line, fmt::format("{}{}: {}", prefix, key, text)};
  const auto same = [&noted](const Fault& other) {
    return other.line == noted.line && other.text == noted.text;
  };
  if (std::ranges::none_of(file->faults, same)) file->faults.push_back(std::move(noted));
}

void Reader::State::wrong_value(const toml::node& node, std::string_view key,
                                std::string_view expected) {
  fault(node.source().begin.line, key,
        fmt::format("expected {}, found {}", expected, found_text(node)));
}

std::vector<std::string> Reader::State::known_keys() const {
  std::vector<std::string> keys;
  for (const Setting& setting : settings) keys.push_back(setting.key);
  for (const Tables& array : arrays) keys.push_back(array.key);
  return keys;
}

void Reader::State::note_unknown() {
  finished = true;
  note_unknown_in(*table, "", known_keys());
  for (const Tables& array : arrays)
    for (const auto& reader : array.readers) reader->state_->note_unknown();
}

void Reader::State::note_unknown_in(const toml::table& current, const std::string& path,
                                    const std::vector<std::string>& known) {
  for (const auto& [name, node] : current) {
    const std::string key = joined(path, name.str());
    if (std::ranges::find(known, key) != known.end()) continue;
    const auto below = [&key](const std::string& other) { return lies_below(other, key); };
    if (std::ranges::any_of(known, below)) {
      // What is not a table here was refused by find().
      if (node.is_table()) note_unknown_in(*node.as_table(), key, known);
      continue;
    }
    const auto meant = nearest(key, with_tables(known));
    fault(name.source().begin.line, key,
          meant ? fmt::format("unknown; did you mean {}?", *meant) : "unknown");
  }
}

void Reader::State::write(std::string& out, const std::string& path) const {
  // TOML wants the keys of a table before its sub-tables.
  std::vector<std::string_view> names = {""};
  for (const Setting& setting : settings) {
    const std::string_view name = table_and_name(setting.key).first;
    if (std::ranges::find(names, name) == names.end()) names.push_back(name);
  }
  for (const std::string_view name : names) {
    if (!name.empty()) out += fmt::format("\n[{}]\n", joined(path, name));
    for (const Setting& setting : settings) {
      const auto [table_name, last] = table_and_name(setting.key);
      if (table_name != name) continue;
      out += fmt::format("# {}\n# Expects {}.\n{} = {}\n", setting.help, setting.form, last,
                         setting.effective);
    }
  }
  for (const Tables& array : arrays) {
    const std::string name = joined(path, array.key);
    out += fmt::format("\n# {}\n", array.help);
    if (array.readers.empty()) out += fmt::format("# There is no [[{}]].\n", name);
    for (const auto& reader : array.readers) {
      if (reader != array.readers.front()) out += '\n';
      out += fmt::format("[[{}]]\n", name);
      reader->state_->write(out, name);
    }
  }
}

}  // namespace truc::config
