// What a Reader knows: one table of the file, and what has been declared for it.
#pragma once

#include <toml++/toml.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "schemas/config/reader.hpp"

namespace truc::config {

struct Fault {
  std::optional<std::uint32_t> line;  // none for what is absent
  std::string text;
};

// Shared by the outermost Reader and those of its [[tables]].
struct File {
  std::string source;
  toml::table root;
  std::vector<Fault> faults;
};

struct Reader::State {
  struct Setting {
    std::string key;
    std::string help;
    std::string form;       // what is expected, and the default
    std::string effective;  // in TOML
  };
  struct Tables {
    std::string key;
    std::string help;
    std::vector<std::unique_ptr<Reader>> readers;
  };

  State(std::shared_ptr<File> shared_file, const toml::table& own_table, std::string name_prefix)
      : file(std::move(shared_file)), table(&own_table), prefix(std::move(name_prefix)) {}

  // The value under a dotted key: null when absent, none when something that is not a table stands
  // in its way (then a fault is noted).
  std::optional<const toml::node*> find(std::string_view key);

  // Aborts for a malformed key, and for one declared twice or as both setting and table.
  void check_new(std::string_view key) const;

  void fault(std::optional<std::uint32_t> line, std::string_view key, std::string_view text);
  void wrong_value(const toml::node& node, std::string_view key, std::string_view expected);

  // Notes a fault for whatever nobody declared, here and in the [[tables]].
  void note_unknown();

  // Appends this table as TOML. `path` is its name, empty for the file's root.
  void write(std::string& out, const std::string& path) const;

  std::shared_ptr<File> file;
  const toml::table* table;  // within file->root
  std::string prefix;        // of keys in messages, e.g. "agency[2]."
  std::vector<Setting> settings;
  std::vector<Tables> arrays;
  bool finished = false;

 private:
  void note_unknown_in(const toml::table& current, const std::string& path,
                       const std::vector<std::string>& known);
  std::vector<std::string> known_keys() const;
};

}  // namespace truc::config
