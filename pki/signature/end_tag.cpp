#include "pki/signature/end_tag.hpp"

#include <string>

namespace truc::pki {
namespace {

// The first byte behind the markup that begins at `at`, when it is one whose content is not markup;
// otherwise `at` itself.
std::size_t pass_over(std::string_view xml, std::size_t at) {
  const auto behind = [&](std::string_view begin, std::string_view end) {
    if (!xml.substr(at).starts_with(begin)) return at;
    const auto found = xml.find(end, at + begin.size());
    return found == std::string_view::npos ? xml.size() : found + end.size();
  };
  for (const auto& [begin, end] :
       {std::pair{"<!--", "-->"}, std::pair{"<![CDATA[", "]]>"}, std::pair{"<?", "?>"}}) {
    if (const auto next = behind(begin, end); next != at) return next;
  }
  return at;
}

bool ends_name(char c) {
  return c == '>' || c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

}  // namespace

std::optional<std::size_t> find_only_end_tag(std::string_view xml, std::string_view prefix,
                                             std::string_view name) {
  std::string tag = "</";
  if (!prefix.empty()) tag += std::string(prefix) + ':';
  tag += name;
  std::optional<std::size_t> found;
  // In well-formed XML a '<' outside of what is passed over begins a tag, also within attributes.
  for (std::size_t at = xml.find('<'); at != std::string_view::npos; at = xml.find('<', at)) {
    if (const auto next = pass_over(xml, at); next != at) {
      at = next;
      continue;
    }
    const std::size_t end = at + tag.size();
    if (xml.substr(at).starts_with(tag) && end < xml.size() && ends_name(xml[end])) {
      if (found) return std::nullopt;
      found = at;
    }
    ++at;
  }
  return found;
}

}  // namespace truc::pki
