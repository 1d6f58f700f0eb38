// A parsed document's tree, and how the reader grows it: nodes and texts in one piece of memory,
// given back as a whole. Why it is ours and not libxml2's: ADR-0012. Private to schemas/xml.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <string>
#include <string_view>
#include <vector>

namespace truc::xml {

// A namespace as it was declared, at one element; `prefix` is empty for the default one, `uri`
// where a declaration takes the default one away.
struct Namespace {
  std::string_view prefix;
  std::string_view uri;
  const Namespace* next = nullptr;  // declared at the same element
};

struct Attribute {
  const Namespace* ns = nullptr;  // null: in none
  std::string_view name;
  std::string_view value;
  const Attribute* next = nullptr;
};

enum class NodeKind : std::uint8_t { element, text, cdata, comment };

struct Node {
  NodeKind kind = NodeKind::element;
  std::string_view text;  // an element's local name; what a text or a CDATA section says
  const Namespace* ns = nullptr;
  const Node* parent = nullptr;
  const Node* next = nullptr;
  const Node* children = nullptr;  // the first
  const Attribute* attributes = nullptr;
  const Namespace* declared = nullptr;
};

// Owns what it consists of; neither copied nor moved, so that pointers into it stay.
class Tree {
 public:
  // `bytes`: of the document. What systems write needs three times as much, and an attachment no
  // more than it has.
  explicit Tree(std::size_t bytes)
      : memory_(std::min(4 * bytes, bytes + kNodesBytes) + kBytesMin) {}

  const Node* root() const { return root_; }

 private:
  friend class TreeBuilder;
  static constexpr std::size_t kBytesMin = 1'024;
  static constexpr std::size_t kNodesBytes = 65'536;

  std::pmr::monotonic_buffer_resource memory_;
  const Node* root_ = nullptr;
};

// The tree of one parse, in the order of its events; all octets are copied. Depth and counts are
// for the caller to limit.
class TreeBuilder {
 public:
  explicit TreeBuilder(Tree& tree) : tree_(tree) {}

  // An element: first its declarations, then its name, then its attributes.
  void open_element();
  void declare(std::string_view prefix, std::string_view uri);
  void name_element(std::string_view prefix, std::string_view uri, std::string_view local_name);
  void add_attribute(std::string_view prefix, std::string_view uri, std::string_view local_name,
                     std::string_view value);
  void close_element();

  // Pieces that follow each other are one text.
  void add_text(std::string_view piece) { text_ += piece; }
  void add_cdata(std::string_view text);
  void add_comment();

  std::size_t depth() const { return open_.size(); }           // of elements that are open
  std::size_t namespaces() const { return in_scope_.size(); }  // declared at them

  // Did every prefix mean what the parser says it means?
  bool is_consistent() const { return consistent_; }

 private:
  struct Open {
    Node* element;
    Node* last_child = nullptr;
    Attribute* last_attribute = nullptr;
    std::size_t declared_around;  // entries of in_scope_ that are not its own
  };

  template <class T>
  T* make(T value);
  std::string_view kept(std::string_view octets);
  Node* append(NodeKind kind, std::string_view text);
  void end_text();
  const Namespace* meant(std::string_view prefix, std::string_view uri);

  Tree& tree_;
  std::vector<Open> open_;                  // the innermost last
  std::vector<const Namespace*> in_scope_;  // the innermost last
  std::string text_;                        // pieces that are no node yet
  bool consistent_ = true;
};

}  // namespace truc::xml
