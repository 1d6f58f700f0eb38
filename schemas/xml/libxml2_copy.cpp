#include "schemas/xml/libxml2_copy.hpp"

#include <new>

namespace truc::xml {
namespace {

template <class T>
T* made(T* object) {
  if (object == nullptr) throw std::bad_alloc();
  return object;
}

// With the zero octet that libxml2 wants behind it.
class Text {
 public:
  explicit Text(std::string_view text) : text_(text) {}
  const xmlChar* get() const { return reinterpret_cast<const xmlChar*>(text_.c_str()); }
  const xmlChar* or_null() const { return text_.empty() ? nullptr : get(); }
  int size() const { return static_cast<int>(text_.size()); }

 private:
  std::string text_;
};

}  // namespace

Libxml2Copy::Libxml2Copy(Element root) : tree_(made(xmlNewDoc(nullptr))) {
  add(reinterpret_cast<xmlNode*>(tree_.get()), root.node());
}

// As deep as the document, whose depth its reader has limited.
void Libxml2Copy::add(xmlNode* around, const Node* node) {
  const Text text(node->text);
  switch (node->kind) {
    case NodeKind::element: {
      xmlNode* element = add_element(around, node);
      for (const auto* child = node->children; child; child = child->next) add(element, child);
      break;
    }
    case NodeKind::text:
      xmlAddChild(around, made(xmlNewDocTextLen(tree_.get(), text.get(), text.size())));
      break;
    case NodeKind::cdata:
      xmlAddChild(around, made(xmlNewCDataBlock(tree_.get(), text.get(), text.size())));
      break;
    case NodeKind::comment:
      xmlAddChild(around, made(xmlNewDocComment(tree_.get(), text.get())));
      break;
  }
}

xmlNode* Libxml2Copy::add_element(xmlNode* around, const Node* element) {
  auto* copy = made(xmlNewDocNode(tree_.get(), nullptr, Text(element->text).get(), nullptr));
  xmlAddChild(around, copy);
  copy->_private = const_cast<Node*>(element);
  for (const auto* one = element->declared; one; one = one->next)
    made(xmlNewNs(copy, Text(one->uri).get(), Text(one->prefix).or_null()));
  xmlSetNs(copy, in_scope(copy, element->ns));
  for (const auto* attribute = element->attributes; attribute; attribute = attribute->next) {
    made(xmlNewNsProp(copy, in_scope(copy, attribute->ns), Text(attribute->name).get(),
                      Text(attribute->value).get()));
  }
  return copy;
}

xmlNs* Libxml2Copy::in_scope(xmlNode* element, const Namespace* ns) const {
  return ns ? made(xmlSearchNs(tree_.get(), element, Text(ns->prefix).or_null())) : nullptr;
}

}  // namespace truc::xml
