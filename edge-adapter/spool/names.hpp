// File names: what is taken from a drop folder, and what is safe to write.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>

#include "edge-adapter/spool/files.hpp"

namespace truc::edge {

// How a thing stands in out/.
enum class DropForm : std::uint8_t {
  package,   // NAME.edxml, a file
  folder,    // NAME/, a folder with envelope.edxml and the attachments beside it
  misnamed,  // anything else: handed back with drop_name
};
std::string_view to_text(DropForm form);
Result<DropForm> parse_drop_form(std::string_view text);  // Failure: malformed_record

enum class DropVerdict : std::uint8_t { untouched, package, folder, misnamed };

// "untouched" are names that their producer has not finished: a leading ".", or the endings .tmp
// and .part.
DropVerdict classify_drop(std::string_view name, EntryType type);

constexpr std::string_view kPackageEnding = ".edxml";
constexpr std::string_view kEnvelopeName = "envelope.edxml";
constexpr std::string_view kReceiptName = "receipt.json";

// A drop's NAME: without ".edxml" for a package.
std::string drop_stem(std::string_view name, DropForm form);

// A name with which a file can be made inside one folder and nowhere else: path separators, control
// and direction-changing characters and broken UTF-8 become "_", a leading "." too; at most 200
// bytes, the ending kept. Vietnamese letters stay. Never empty.
std::string safe_file_name(std::string_view wanted);

// "a.pdf", 2 → "a~2.pdf"; without an ending "a~2".
std::string with_number(std::string_view name, int number);

// The names of one folder: gives every wanted name a safe one of its own. Names that differ in the
// case of ASCII letters only count as equal, for folders shared with Windows.
class NameSet {
 public:
  void reserve(std::string_view name);
  std::string take(std::string_view wanted);

 private:
  std::set<std::string> taken_;
};

// The names that one item's handed-over folder gives its attachments: the same for the same list.
NameSet reserved_names();

}  // namespace truc::edge
