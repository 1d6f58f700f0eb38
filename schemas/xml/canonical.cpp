#include "schemas/xml/canonical.hpp"

#include "schemas/xml/handles.hpp"

namespace truc::xml {
namespace {

// Exceptions must not pass through libxml2's frames: they become a failed write.
int write_to_sink(void* context, const char* octets, int size) {
  try {
    (*static_cast<const OctetSink*>(context))(
        std::string_view(octets, static_cast<std::size_t>(size)));
    return size;
  } catch (...) {
    return -1;
  }
}

int close_nothing(void*) {
  return 0;
}

// Canonicalises all children of `tree`.
Result<void> canonicalize(xmlDoc* tree, const OctetSink& sink) {
  const ThreadErrors errors;
  OutputHandle output(xmlOutputBufferCreateIO(write_to_sink, close_nothing,
                                              const_cast<OctetSink*>(&sink), nullptr));
  if (!output) return Failure(ErrorCode::internal).because("libxml2 made no output buffer");
  const int written =
      xmlC14NExecute(tree, nullptr, nullptr, XML_C14N_EXCLUSIVE_1_0, nullptr, 0, output.get());
  if (written < 0 || xmlOutputBufferClose(output.release()) < 0)
    return Failure(ErrorCode::internal).because("exclusive C14N failed: " + errors.first());
  return success();
}

// Takes a node out of its tree and puts it back between the same neighbours at its end.
class LeftOut {
 public:
  explicit LeftOut(xmlNode* node)
      : node_(node), parent_(node->parent), previous_(node->prev), next_(node->next) {
    xmlUnlinkNode(node_);
  }
  ~LeftOut() {
    node_->parent = parent_;
    node_->prev = previous_;
    node_->next = next_;
    (previous_ ? previous_->next : parent_->children) = node_;
    (next_ ? next_->prev : parent_->last) = node_;
  }
  LeftOut(const LeftOut&) = delete;
  LeftOut& operator=(const LeftOut&) = delete;

 private:
  xmlNode* node_;
  xmlNode* parent_;
  xmlNode* previous_;
  xmlNode* next_;
};

// Hides the siblings that follow a node.
class LastSibling {
 public:
  explicit LastSibling(xmlNode* node) : node_(node), next_(node->next) { node_->next = nullptr; }
  ~LastSibling() { node_->next = next_; }
  LastSibling(const LastSibling&) = delete;
  LastSibling& operator=(const LastSibling&) = delete;

 private:
  xmlNode* node_;
  xmlNode* next_;
};

}  // namespace

Result<void> canonicalize_document_without(Document& document, Element left_out,
                                           const OctetSink& sink) {
  const LeftOut hidden(left_out.node());
  return canonicalize(document.native(), sink);
}

// Exclusive C14N takes a name's namespace from the node itself, never from an ancestor's
// declarations (no InclusiveNamespaces list is used), and inherits no xml: attributes. So the
// subtree reads the same as the only child of a document as in its place, and a shallow copy of the
// document that points at it is enough: nothing is copied and no other node is walked.
Result<std::string> canonicalize_element(const Document& document, Element element) {
  std::string octets;
  xmlDoc only = *document.native();
  only.children = element.node();
  only.last = element.node();
  const LastSibling hidden(element.node());
  TRUC_TRY(canonicalize(&only, [&](std::string_view piece) { octets += piece; }));
  return octets;
}

}  // namespace truc::xml
