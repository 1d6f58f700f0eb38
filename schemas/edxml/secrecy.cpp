#include "schemas/edxml/secrecy.hpp"

#include <algorithm>
#include <array>
#include <string>

#include "schemas/edxml/fields.hpp"

namespace truc::edxml {
namespace {

// Folded forms: lower case, decomposed, the dot below before the circumflex (as in NFD).
constexpr std::string_view kDot = "\u0323";
constexpr std::string_view kHat = "\u0302";
constexpr std::array<std::string_view, 3> kMarks = {
    "tuye\u0323\u0302t ma\u0323\u0302t",  // Tuyệt mật
    "to\u0302\u0301i ma\u0323\u0302t",    // Tối mật
    "ma\u0323\u0302t",                    // Mật
};
constexpr std::string_view kDegree =
    "đo\u0323\u0302 ma\u0323\u0302t";  // Độ mật, "degree of secrecy"

struct Folding {
  std::string_view from;
  std::string_view to;
};
// The letters that occur in marks, in every composition that Unicode has for them; the upper case
// of "thường"; and signs that are written instead of plain ones.
constexpr Folding kFoldings[] = {
    {"\u1eac", "a\u0323\u0302"},
    {"\u1ead", "a\u0323\u0302"},
    {"\u00c2", "a\u0302"},
    {"\u00e2", "a\u0302"},
    {"\u1ea0", "a\u0323"},
    {"\u1ea1", "a\u0323"},
    {"\u1ec6", "e\u0323\u0302"},
    {"\u1ec7", "e\u0323\u0302"},
    {"\u00ca", "e\u0302"},
    {"\u00ea", "e\u0302"},
    {"\u1eb8", "e\u0323"},
    {"\u1eb9", "e\u0323"},
    {"\u1ed0", "o\u0302\u0301"},
    {"\u1ed1", "o\u0302\u0301"},
    {"\u1ed8", "o\u0323\u0302"},
    {"\u1ed9", "o\u0323\u0302"},
    {"\u00d4", "o\u0302"},
    {"\u00f4", "o\u0302"},
    {"\u1ecc", "o\u0323"},
    {"\u1ecd", "o\u0323"},
    {"\u0110", "\u0111"},
    {"\u00a0", " "},
    {"\u2013", "-"},
    {"\u2014", "-"},
    {"\u01af", "\u01b0"},
    {"\u1edc", "\u1edd"},
    {"\uff1a", ":"},
    {"\u3010", "["},
    {"\u3011", "]"},
};

void append_folded(std::string& folded, std::string_view letter) {
  if (letter == kDot && folded.ends_with(kHat)) {
    folded.insert(folded.size() - kHat.size(), kDot);
    return;
  }
  const auto* folding = std::ranges::find(kFoldings, letter, &Folding::from);
  if (folding != std::end(kFoldings)) letter = folding->to;
  if (letter.size() == 1) {
    char c = letter[0];
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    if (c == '\t' || c == '\r' || c == '\n') c = ' ';
    if (c == ' ' && (folded.empty() || folded.back() == ' ')) return;
    folded.push_back(c);
  } else {
    folded += letter;
  }
}

std::string folded(std::string_view text) {
  std::string result;
  result.reserve(text.size() + 16);
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = at + 1;
    while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) ++end;
    append_folded(result, text.substr(at, end - at));
    at = end;
  }
  if (result.ends_with(' ')) result.pop_back();
  return result;
}

// Every mark has one of these, and most texts have none.
bool may_carry_mark(std::string_view text) {
  return text.find("\u1ead") != text.npos || text.find("\u1eac") != text.npos ||
         text.find(kDot) != text.npos || text.find("\u1ea1") != text.npos ||
         text.find("\u1ea0") != text.npos;
}

void skip_spaces(std::string_view& text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
}

bool skip_mark(std::string_view& text) {
  for (const auto mark : kMarks) {
    if (!text.starts_with(mark)) continue;
    text.remove_prefix(mark.size());
    skip_spaces(text);
    return true;
  }
  return false;
}

bool is_bracketed_mark(std::string_view after_bracket) {
  skip_spaces(after_bracket);
  return skip_mark(after_bracket) && !after_bracket.empty() &&
         std::string_view(")]}>").find(after_bracket.front()) != std::string_view::npos;
}

}  // namespace

bool carries_secrecy_mark(std::string_view text) {
  if (!may_carry_mark(text)) return false;
  const auto whole = folded(text);
  for (std::size_t i = 0; i < whole.size(); ++i) {
    const bool bracket = std::string_view("([{<").find(whole[i]) != std::string_view::npos;
    if (bracket && is_bracketed_mark(std::string_view(whole).substr(i + 1))) return true;
  }
  std::string_view rest = whole;
  if (rest.starts_with(kDegree)) {
    rest.remove_prefix(kDegree.size());
    skip_spaces(rest);
    if (!rest.starts_with(':')) return false;
    rest.remove_prefix(1);
    skip_spaces(rest);
  }
  return skip_mark(rest) && (rest.empty() || rest.front() == ':' || rest.front() == '-');
}

bool is_secret_value(std::string_view value) {
  constexpr std::array<std::string_view, 9> kOrdinary = {
      "", "0", "none", "false", "thường", "thuong", "bình thường", "không", "khong"};
  const auto written = folded(trimmed(value));
  return std::ranges::none_of(kOrdinary,
                              [&](std::string_view word) { return folded(word) == written; });
}

bool is_secret_notation(std::string_view notation) {
  const auto written = trimmed(notation);
  return written.ends_with("(M)") || carries_secrecy_mark(written);
}

}  // namespace truc::edxml
