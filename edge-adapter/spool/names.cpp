#include "edge-adapter/spool/names.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstddef>

namespace truc::edge {
namespace {

constexpr std::size_t kNameBytesMax = 200;  // file systems take 255; room for "~2.refusal.json.tmp"

struct Character {
  char32_t point;
  std::size_t length;  // bytes; 0 when the UTF-8 is broken here
};

Character decode(std::string_view text) {
  constexpr Character kBroken = {0, 0};
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const std::uint8_t first = byte(0);
  if (first < 0x80) return {first, 1};
  const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < length) return kBroken;
  char32_t point = first & (0xFFu >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return kBroken;
    point = (point << 6) | (byte(i) & 0x3Fu);
  }
  constexpr std::array<char32_t, 5> kSmallest = {0, 0, 0x80, 0x800, 0x10000};
  if (point < kSmallest[length] || point > 0x10FFFF) return kBroken;
  if (point >= 0xD800 && point <= 0xDFFF) return kBroken;
  return {point, length};
}

// Characters that change the direction of writing make "gpj.exe" out of "exe.jpg" on a screen.
bool is_unsafe(char32_t point) {
  if (point < 0x20 || (point >= 0x7F && point < 0xA0)) return true;
  if (point == U'/' || point == U'\\' || point == U':') return true;
  if (point == 0x200E || point == 0x200F || point == 0x061C || point == 0xFEFF) return true;
  if (point == 0x2028 || point == 0x2029) return true;
  return (point >= 0x202A && point <= 0x202E) || (point >= 0x2066 && point <= 0x2069);
}

// Where the ending starts; the whole length when there is none worth keeping.
std::size_t ending_of(std::string_view name) {
  const auto dot = name.rfind('.');
  constexpr std::size_t kEndingBytesMax = 16;
  if (dot == std::string_view::npos || dot == 0 || name.size() - dot > kEndingBytesMax)
    return name.size();
  return dot;
}

std::string cut(const std::string& name) {
  if (name.size() <= kNameBytesMax) return name;
  const std::string ending = name.substr(ending_of(name));
  std::size_t keep = kNameBytesMax - ending.size();
  while (keep > 0 && (static_cast<std::uint8_t>(name[keep]) & 0xC0) == 0x80) --keep;
  return name.substr(0, keep) + ending;
}

std::string folded(std::string_view name) {
  std::string lower(name);
  std::ranges::transform(lower, lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return lower;
}

}  // namespace

std::string_view to_text(DropForm form) {
  switch (form) {
    case DropForm::package:
      return "package";
    case DropForm::folder:
      return "folder";
    case DropForm::misnamed:
      return "misnamed";
  }
  return "misnamed";
}

Result<DropForm> parse_drop_form(std::string_view text) {
  for (const auto form : {DropForm::package, DropForm::folder, DropForm::misnamed})
    if (to_text(form) == text) return form;
  return Failure(ErrorCode::malformed_record).at("form").found(std::string(text));
}

DropVerdict classify_drop(std::string_view name, EntryType type) {
  if (name.starts_with('.') || name.ends_with(".tmp") || name.ends_with(".part"))
    return DropVerdict::untouched;
  // A name that cannot be written again as it is could not be told back to its producer either.
  if (safe_file_name(name) != name) return DropVerdict::misnamed;
  if (type == EntryType::folder) return DropVerdict::folder;
  const bool package = type == EntryType::file && name.ends_with(kPackageEnding) &&
                       name.size() > kPackageEnding.size();
  return package ? DropVerdict::package : DropVerdict::misnamed;
}

std::string drop_stem(std::string_view name, DropForm form) {
  if (form == DropForm::package) name.remove_suffix(kPackageEnding.size());
  return safe_file_name(name);
}

std::string safe_file_name(std::string_view wanted) {
  std::string safe;
  while (!wanted.empty()) {
    const Character character = decode(wanted);
    const std::size_t length = std::max<std::size_t>(character.length, 1);
    if (character.length == 0 || is_unsafe(character.point))
      safe += '_';
    else
      safe += wanted.substr(0, length);
    wanted.remove_prefix(length);
  }
  while (!safe.empty() && (safe.back() == ' ' || safe.back() == '.')) safe.pop_back();
  if (safe.empty()) return "_";
  if (safe.front() == '.') safe.front() = '_';  // covers "." and "..", too
  return cut(safe);
}

std::string with_number(std::string_view name, int number) {
  const std::size_t ending = ending_of(name);
  std::string numbered(name.substr(0, ending));
  numbered += "~" + std::to_string(number);
  numbered += name.substr(ending);
  return numbered;
}

void NameSet::reserve(std::string_view name) {
  taken_.insert(folded(name));
}

std::string NameSet::take(std::string_view wanted) {
  const std::string safe = safe_file_name(wanted);
  std::string name = safe;
  for (int number = 2; !taken_.insert(folded(name)).second; ++number)
    name = with_number(safe, number);
  return name;
}

NameSet reserved_names() {
  NameSet names;
  names.reserve(kEnvelopeName);
  names.reserve(kReceiptName);
  return names;
}

}  // namespace truc::edge
