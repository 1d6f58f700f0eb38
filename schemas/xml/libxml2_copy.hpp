// A document once more as libxml2's own tree, for those of its functions that want one. Private to
// schemas/xml.
#pragma once

#include "schemas/xml/handles.hpp"
#include "schemas/xml/reader.hpp"
#include "schemas/xml/tree.hpp"

namespace truc::xml {

class Libxml2Copy {
 public:
  // Throws std::bad_alloc when libxml2 has no memory for all of it. `root` outlives the copy.
  explicit Libxml2Copy(Element root);

  xmlDoc* tree() const { return tree_.get(); }
  // Of an element of such a copy.
  static Element original(const xmlNode* element) {
    return Element(static_cast<const Node*>(element->_private));
  }

 private:
  void add(xmlNode* around, const Node* node);
  xmlNode* add_element(xmlNode* around, const Node* element);
  xmlNs* in_scope(xmlNode* element, const Namespace* ns) const;

  TreeHandle tree_;
};

}  // namespace truc::xml
