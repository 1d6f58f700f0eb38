#include "schemas/xml/tree.hpp"

#include <algorithm>
#include <cstring>
#include <new>
#include <ranges>
#include <type_traits>

namespace truc::xml {
namespace {

constexpr Namespace kXml{.prefix = "xml", .uri = "http://www.w3.org/XML/1998/namespace"};

}  // namespace

template <class T>
T* TreeBuilder::make(T value) {
  static_assert(std::is_trivially_destructible_v<T>, "memory is given back, nothing is destroyed");
  return new (tree_.memory_.allocate(sizeof(T), alignof(T))) T(value);
}

std::string_view TreeBuilder::kept(std::string_view octets) {
  if (octets.empty()) return {};
  auto* copy = static_cast<char*>(tree_.memory_.allocate(octets.size(), 1));
  std::memcpy(copy, octets.data(), octets.size());
  return {copy, octets.size()};
}

Node* TreeBuilder::append(NodeKind kind, std::string_view text) {
  Node* node = make(Node{.kind = kind, .text = text});
  if (open_.empty()) {
    if (kind == NodeKind::element) tree_.root_ = node;
    return node;  // a comment beside the root is nobody's
  }
  auto& around = open_.back();
  node->parent = around.element;
  (around.last_child ? around.last_child->next : around.element->children) = node;
  around.last_child = node;
  return node;
}

void TreeBuilder::end_text() {
  if (text_.empty()) return;
  append(NodeKind::text, kept(text_));
  text_.clear();
}

void TreeBuilder::open_element() {
  end_text();
  Node* element = append(NodeKind::element, {});
  open_.push_back({.element = element, .declared_around = in_scope_.size()});
}

void TreeBuilder::declare(std::string_view prefix, std::string_view uri) {
  Node* element = open_.back().element;
  auto* declaration =
      make(Namespace{.prefix = kept(prefix), .uri = kept(uri), .next = element->declared});
  element->declared = declaration;
  in_scope_.push_back(declaration);
}

void TreeBuilder::name_element(std::string_view prefix, std::string_view uri,
                               std::string_view local_name) {
  Node* element = open_.back().element;
  element->ns = meant(prefix, uri);
  element->text = kept(local_name);
}

void TreeBuilder::add_attribute(std::string_view prefix, std::string_view uri,
                                std::string_view local_name, std::string_view value) {
  auto& here = open_.back();
  auto* attribute = make(Attribute{.ns = prefix.empty() ? nullptr : meant(prefix, uri),
                                   .name = kept(local_name),
                                   .value = kept(value)});
  (here.last_attribute ? here.last_attribute->next : here.element->attributes) = attribute;
  here.last_attribute = attribute;
}

void TreeBuilder::close_element() {
  end_text();
  in_scope_.resize(open_.back().declared_around);
  open_.pop_back();
}

void TreeBuilder::add_cdata(std::string_view text) {
  end_text();
  append(NodeKind::cdata, kept(text));
}

void TreeBuilder::add_comment() {
  end_text();
  append(NodeKind::comment, {});
}

// The declaration in force for a prefix; null for no namespace.
const Namespace* TreeBuilder::meant(std::string_view prefix, std::string_view uri) {
  if (prefix == kXml.prefix) return &kXml;
  const auto innermost = in_scope_ | std::views::reverse;
  const auto found = std::ranges::find(innermost, prefix, &Namespace::prefix);
  const auto* declaration = found == innermost.end() || (*found)->uri.empty() ? nullptr : *found;
  if ((declaration ? declaration->uri : std::string_view()) != uri) consistent_ = false;
  return declaration;
}

}  // namespace truc::xml
