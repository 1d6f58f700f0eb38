#include <algorithm>
#include <ranges>

#include "schemas/xml/reader.hpp"
#include "schemas/xml/tree.hpp"

namespace truc::xml {
namespace {

const Node* element_from(const Node* node) {
  while (node && node->kind != NodeKind::element) node = node->next;
  return node;
}

bool is_white_space(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

std::string_view words_for(NodeKind kind) {
  switch (kind) {
    case NodeKind::element:
      return "an element";
    case NodeKind::comment:
      return "a comment";
    case NodeKind::cdata:
      return "a CDATA section";
    case NodeKind::text:
      return "text";
  }
  return {};
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
  const auto* first = parent ? parent->children : element.node();
  for (const auto* node = element_from(first); node; node = element_from(node->next)) {
    if (!Element(node).is(namespace_uri, local_name)) continue;
    ++same;
    if (node == element.node()) own = same;
  }
  const auto name = qualified_name(element);
  return same > 1 ? name + '[' + std::to_string(own) + ']' : name;
}

}  // namespace

std::string_view Element::local_name() const {
  return node_->text;
}

std::string_view Element::namespace_uri() const {
  return node_->ns ? node_->ns->uri : std::string_view();
}

std::string_view Element::prefix() const {
  return node_->ns ? node_->ns->prefix : std::string_view();
}

bool Element::is(std::string_view uri, std::string_view name) const {
  return local_name() == name && namespace_uri() == uri;
}

std::optional<std::string_view> Element::plain_text() const {
  const auto* only = node_->children;
  if (!only) return std::string_view();
  if (only->next || only->kind != NodeKind::text) return std::nullopt;
  return only->text;
}

std::optional<std::string_view> Element::attribute(std::string_view name) const {
  for (const auto* attribute = node_->attributes; attribute; attribute = attribute->next) {
    if (!attribute->ns && attribute->name == name) return attribute->value;
  }
  return std::nullopt;
}

std::size_t Element::attribute_count() const {
  std::size_t count = 0;
  for (const auto* attribute = node_->attributes; attribute; attribute = attribute->next) ++count;
  return count;
}

std::vector<std::string> Element::attribute_names() const {
  std::vector<std::string> names;
  for (const auto* attribute = node_->attributes; attribute; attribute = attribute->next) {
    const auto prefix = attribute->ns ? attribute->ns->prefix : std::string_view();
    names.push_back((prefix.empty() ? "" : std::string(prefix) + ':') +
                    std::string(attribute->name));
  }
  return names;
}

std::optional<Element> Element::first_child() const {
  const auto* node = element_from(node_->children);
  return node ? std::optional(Element(node)) : std::nullopt;
}

std::optional<Element> Element::next_sibling() const {
  const auto* node = element_from(node_->next);
  return node ? std::optional(Element(node)) : std::nullopt;
}

std::vector<Element> Element::children() const {
  std::vector<Element> found;
  for (auto child = first_child(); child; child = child->next_sibling()) found.push_back(*child);
  return found;
}

std::optional<Element> Element::parent() const {
  return node_->parent ? std::optional(Element(node_->parent)) : std::nullopt;
}

bool Element::has_stray_text() const {
  for (const auto* node = node_->children; node; node = node->next) {
    const bool is_text = node->kind == NodeKind::text || node->kind == NodeKind::cdata;
    if (is_text && !is_white_space(node->text)) return true;
  }
  return false;
}

std::string_view Element::first_besides_text() const {
  for (const auto* node = node_->children; node; node = node->next) {
    if (node->kind != NodeKind::text) return words_for(node->kind);
  }
  return {};
}

std::string_view Element::first_besides_elements() const {
  for (const auto* node = node_->children; node; node = node->next) {
    const bool is_blank = node->kind == NodeKind::text && is_white_space(node->text);
    if (node->kind != NodeKind::element && !is_blank) return words_for(node->kind);
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

}  // namespace truc::xml
