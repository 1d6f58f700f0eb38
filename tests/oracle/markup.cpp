#include "tests/oracle/markup.hpp"

#include <algorithm>

#include "schemas/base/check.hpp"

namespace truc::testing {

std::vector<Tagged> elements_of(std::string_view xml) {
  std::vector<Tagged> found;
  std::vector<std::size_t> open;
  for (auto at = xml.find('<'); at != std::string_view::npos; at = xml.find('<', at + 1)) {
    const auto end = xml.find('>', at);
    if (end == std::string_view::npos) break;
    if (xml.substr(at).starts_with("</")) {
      if (open.empty()) continue;
      found[open.back()].close = at;
      found[open.back()].end = end + 1;
      open.pop_back();
    } else if (xml[at + 1] != '?' && xml[at + 1] != '!') {
      const auto name_end = xml.find_first_of(" \t\r\n/>", at + 1);
      if (!open.empty()) found[open.back()].is_leaf = false;
      found.push_back({std::string(xml.substr(at + 1, name_end - at - 1)), at, end + 1, end + 1,
                       end + 1, true});
      if (xml[end - 1] != '/') open.push_back(found.size() - 1);
    }
  }
  return found;
}

std::string text_of(std::string_view xml, const Tagged& element) {
  return std::string(xml.substr(element.begin, element.end - element.begin));
}

Tagged the_element(std::string_view xml, std::string_view name) {
  const auto all = elements_of(xml);
  TRUC_CHECK(std::ranges::count(all, name, &Tagged::name) == 1, "the element is there once");
  return *std::ranges::find(all, name, &Tagged::name);
}

std::string inserted(std::string text, std::size_t at, std::string_view piece) {
  return text.insert(at, piece);
}

std::string spliced(std::string text, std::size_t begin, std::size_t end, std::string_view piece) {
  return text.replace(begin, end - begin, piece);
}

std::string with_attribute(std::string text, const Tagged& element, std::string_view piece) {
  return text.insert(element.begin + 1 + element.name.size(), piece);
}

}  // namespace truc::testing
