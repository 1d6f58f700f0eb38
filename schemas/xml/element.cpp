#include <cstring>
#include <ranges>

#include "schemas/xml/handles.hpp"
#include "schemas/xml/reader.hpp"

namespace truc::xml {
namespace {

bool is_element(const xmlNode* node) {
  return node->type == XML_ELEMENT_NODE;
}

xmlNode* element_from(xmlNode* node) {
  while (node && !is_element(node)) node = node->next;
  return node;
}

// Without measuring `text` first: most comparisons end with its first octet.
bool is_same(const xmlChar* text, std::string_view expected) {
  const char* octets = reinterpret_cast<const char*>(text);
  if (expected.empty()) return *octets == '\0';  // it may point nowhere
  return std::strncmp(octets, expected.data(), expected.size()) == 0 &&
         octets[expected.size()] == '\0';
}

bool is_white_space(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

std::string_view kind_of(const xmlNode* node) {
  switch (node->type) {
    case XML_ELEMENT_NODE:
      return "an element";
    case XML_COMMENT_NODE:
      return "a comment";
    case XML_CDATA_SECTION_NODE:
      return "a CDATA section";
    default:
      return "text";
  }
}

std::string qualified_name(Element element) {
  const auto prefix = element.prefix();
  const std::string local(element.local_name());
  return prefix.empty() ? local : std::string(prefix) + ':' + local;
}

// "name", or "name[n]" where a sibling has the same name.
std::string step(Element element) {
  const auto namespace_uri = element.namespace_uri();
  const auto local_name = element.local_name();
  std::size_t same = 0;
  std::size_t own = 0;
  const auto* parent = element.node()->parent;
  for (auto* node = element_from(parent->children); node; node = element_from(node->next)) {
    if (!Element(node).is(namespace_uri, local_name)) continue;
    ++same;
    if (node == element.node()) own = same;
  }
  const auto name = qualified_name(element);
  return same > 1 ? name + '[' + std::to_string(own) + ']' : name;
}

}  // namespace

std::string_view Element::local_name() const {
  return view(node_->name);
}

std::string_view Element::namespace_uri() const {
  return node_->ns ? view(node_->ns->href) : std::string_view();
}

std::string_view Element::prefix() const {
  return node_->ns ? view(node_->ns->prefix) : std::string_view();
}

bool Element::is(std::string_view uri, std::string_view name) const {
  if (!is_same(node_->name, name)) return false;
  return node_->ns ? is_same(node_->ns->href, uri) : uri.empty();
}

std::optional<std::string_view> Element::plain_text() const {
  const auto* only = node_->children;
  if (!only) return std::string_view();
  if (only->next || only->type != XML_TEXT_NODE) return std::nullopt;
  return view(only->content);
}

std::optional<std::string> Element::attribute(std::string_view name) const {
  for (const auto* attribute = node_->properties; attribute; attribute = attribute->next) {
    if (attribute->ns || view(attribute->name) != name) continue;
    const TextHandle value(xmlNodeListGetString(node_->doc, attribute->children, 1));
    return std::string(view(value.get()));
  }
  return std::nullopt;
}

std::size_t Element::attribute_count() const {
  std::size_t count = 0;
  for (const auto* attribute = node_->properties; attribute; attribute = attribute->next) ++count;
  return count;
}

std::vector<std::string> Element::attribute_names() const {
  std::vector<std::string> names;
  for (const auto* attribute = node_->properties; attribute; attribute = attribute->next) {
    const auto prefix = attribute->ns ? view(attribute->ns->prefix) : std::string_view();
    names.push_back((prefix.empty() ? "" : std::string(prefix) + ':') +
                    std::string(view(attribute->name)));
  }
  return names;
}

std::optional<Element> Element::first_child() const {
  auto* node = element_from(node_->children);
  return node ? std::optional(Element(node)) : std::nullopt;
}

std::optional<Element> Element::next_sibling() const {
  auto* node = element_from(node_->next);
  return node ? std::optional(Element(node)) : std::nullopt;
}

std::vector<Element> Element::children() const {
  std::vector<Element> found;
  for (auto child = first_child(); child; child = child->next_sibling()) found.push_back(*child);
  return found;
}

std::optional<Element> Element::parent() const {
  auto* node = node_->parent;
  return node && is_element(node) ? std::optional(Element(node)) : std::nullopt;
}

bool Element::has_stray_text() const {
  for (const auto* node = node_->children; node; node = node->next) {
    const bool text = node->type == XML_TEXT_NODE || node->type == XML_CDATA_SECTION_NODE;
    if (text && !is_white_space(view(node->content))) return true;
  }
  return false;
}

std::string_view Element::first_besides_text() const {
  for (const auto* node = node_->children; node; node = node->next) {
    if (node->type != XML_TEXT_NODE) return kind_of(node);
  }
  return {};
}

std::string_view Element::first_besides_elements() const {
  for (const auto* node = node_->children; node; node = node->next) {
    const bool blank = node->type == XML_TEXT_NODE && is_white_space(view(node->content));
    if (!is_element(node) && !blank) return kind_of(node);
  }
  return {};
}

std::string Element::xpath() const {
  std::vector<std::string> steps;
  for (std::optional<Element> element = *this; element; element = element->parent())
    steps.push_back(step(*element));
  std::string path;
  for (const auto& name : steps | std::views::reverse) path += '/' + name;
  return path;
}

int Element::line() const {
  return static_cast<int>(xmlGetLineNo(node_));
}

}  // namespace truc::xml
