// Where the elements of a package stand in its octets, to change the octets and nothing else.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace truc::testing {

struct Tagged {
  std::string name;     // as written, with its prefix
  std::size_t begin;    // of the start tag
  std::size_t content;  // behind the start tag
  std::size_t close;    // the end tag, or the end of an empty element
  std::size_t end;      // behind the element
  bool is_leaf;         // holds no element

  bool is_empty_tag() const { return content == end; }
};

// All elements in the order of their start tags. Meant for what the product writes: no comments, no
// CDATA sections. Of other texts it finds what looks like elements.
std::vector<Tagged> elements_of(std::string_view xml);

// The text of one element.
std::string text_of(std::string_view xml, const Tagged& element);
// The one element of this name; aborts the test when there are several.
Tagged the_element(std::string_view xml, std::string_view name);

std::string inserted(std::string text, std::size_t at, std::string_view piece);
// [begin, end) replaced.
std::string spliced(std::string text, std::size_t begin, std::size_t end, std::string_view piece);
// A piece of the element's start tag, behind its name.
std::string with_attribute(std::string text, const Tagged& element, std::string_view piece);

}  // namespace truc::testing
