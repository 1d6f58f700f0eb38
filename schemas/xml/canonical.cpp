#include "schemas/xml/canonical.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "schemas/base/limits.hpp"
#include "schemas/xml/tree.hpp"

namespace truc::xml {
namespace {

constexpr std::size_t kPieceBytes = 16 * limits::kKiB;  // handed to the sink at a time

// What stands for an octet; empty: the octet itself.
using Replacements = std::array<std::string_view, 256>;

// XML-C14N 2.3: text, and the values of attributes.
constexpr Replacements kInText = [] {
  Replacements replacements{};
  replacements['&'] = "&amp;";
  replacements['<'] = "&lt;";
  replacements['>'] = "&gt;";
  replacements['\r'] = "&#xD;";
  return replacements;
}();
constexpr Replacements kInAttribute = [] {
  Replacements replacements{};
  replacements['&'] = "&amp;";
  replacements['<'] = "&lt;";
  replacements['"'] = "&quot;";
  replacements['\t'] = "&#x9;";
  replacements['\n'] = "&#xA;";
  replacements['\r'] = "&#xD;";
  return replacements;
}();

// What stands for no namespace: as if the default one were taken away.
constexpr Namespace kNone{};

const Namespace* or_none(const Namespace* ns) {
  return ns ? ns : &kNone;
}

// One subtree, from its apex on.
class Canonicalisation {
 public:
  Canonicalisation(const Node* left_out, const OctetSink& sink) : left_out_(left_out), sink_(sink) {
    octets_.reserve(kPieceBytes);
  }

  void run(const Node* apex);

 private:
  bool is_entered(const Node* node) const {
    return node->kind == NodeKind::element && node != left_out_;
  }
  void begin(const Node* node);
  void end(const Node* node);
  void begin_element(const Node* element);
  void write_namespaces(const Node* element);
  void use(const Namespace* ns);
  void write_attributes(const Node* element);
  void write_name(const Namespace* ns, std::string_view local_name);
  void write_escaped(std::string_view text, const Replacements& replacements);
  void write(std::string_view octets);
  void flush();

  const Node* const left_out_;
  const OctetSink& sink_;
  std::string octets_;  // written, and not yet with the sink
  // What was written around the place at hand, the innermost last. Not more than is declared there:
  // a prefix is written again only for another declaration further in.
  std::vector<const Namespace*> written_;
  std::vector<std::size_t> outside_;          // of every open element, how many of these
  std::vector<const Namespace*> here_;        // to be written at the element at hand
  std::vector<const Attribute*> attributes_;  // of the element at hand
};

// Down to the first child, else on to the next node behind all that ends here.
void Canonicalisation::run(const Node* apex) {
  const Node* node = apex;
  while (node) {  // ends: every node is begun once and ended once
    begin(node);
    if (is_entered(node) && node->children) {
      node = node->children;
      continue;
    }
    end(node);
    while (node != apex && !node->next) {
      node = node->parent;
      end(node);
    }
    node = node == apex ? nullptr : node->next;
  }
  flush();
}

void Canonicalisation::begin(const Node* node) {
  switch (node->kind) {
    case NodeKind::element:
      if (node != left_out_) begin_element(node);
      break;
    case NodeKind::text:
    case NodeKind::cdata:
      write_escaped(node->text, kInText);
      break;
    case NodeKind::comment:
      break;
  }
}

void Canonicalisation::end(const Node* node) {
  if (!is_entered(node)) return;
  write("</");
  write_name(node->ns, node->text);
  write(">");
  written_.resize(outside_.back());
  outside_.pop_back();
}

void Canonicalisation::begin_element(const Node* element) {
  outside_.push_back(written_.size());
  write("<");
  write_name(element->ns, element->text);
  write_namespaces(element);
  if (element->attributes) write_attributes(element);
  write(">");
}

// Those that the element's name and its attributes' names use (Exclusive C14N 3), unless they read
// the same around it.
void Canonicalisation::write_namespaces(const Node* element) {
  here_.clear();
  use(or_none(element->ns));
  for (const auto* attribute = element->attributes; attribute; attribute = attribute->next) {
    if (attribute->ns) use(attribute->ns);
  }
  std::ranges::sort(here_, {}, &Namespace::prefix);
  for (const auto* one : here_) {
    write(one->prefix.empty() ? " xmlns" : " xmlns:");
    write(one->prefix);
    write("=\"");
    write_escaped(one->uri, kInAttribute);
    write("\"");
    written_.push_back(one);
  }
}

void Canonicalisation::use(const Namespace* ns) {
  // Nearly all of a package is in one namespace.
  if (here_.empty() && !written_.empty() && written_.back() == ns) return;
  if (ns->prefix == "xml") return;
  const auto is_it = [&](const Namespace* one) { return one->prefix == ns->prefix; };
  if (std::ranges::any_of(here_, is_it)) return;
  const auto around = std::find_if(written_.rbegin(), written_.rend(), is_it);
  const auto uri = around == written_.rend() ? std::string_view() : (*around)->uri;
  if (uri != ns->uri) here_.push_back(ns);
}

// By namespace, then by name; those in no namespace first.
void Canonicalisation::write_attributes(const Node* element) {
  attributes_.clear();
  for (const auto* attribute = element->attributes; attribute; attribute = attribute->next)
    attributes_.push_back(attribute);
  std::ranges::sort(attributes_, {}, [](const Attribute* attribute) {
    return std::pair(or_none(attribute->ns)->uri, attribute->name);
  });
  for (const auto* attribute : attributes_) {
    write(" ");
    write_name(attribute->ns, attribute->name);
    write("=\"");
    write_escaped(attribute->value, kInAttribute);
    write("\"");
  }
}

void Canonicalisation::write_name(const Namespace* ns, std::string_view local_name) {
  if (ns && !ns->prefix.empty()) {
    write(ns->prefix);
    write(":");
  }
  write(local_name);
}

void Canonicalisation::write_escaped(std::string_view text, const Replacements& replacements) {
  std::size_t from = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const auto replacement = replacements[static_cast<unsigned char>(text[at])];
    if (replacement.empty()) continue;
    write(text.substr(from, at - from));
    write(replacement);
    from = at + 1;
  }
  write(text.substr(from));
}

void Canonicalisation::write(std::string_view octets) {
  if (octets_.size() + octets.size() > kPieceBytes) flush();
  if (octets.size() > kPieceBytes) return sink_(octets);
  octets_ += octets;
}

void Canonicalisation::flush() {
  if (!octets_.empty()) sink_(octets_);
  octets_.clear();
}

}  // namespace

// Comments before and behind the root do not count, so that its subtree is the document's form.
void canonicalize_document_without(const Document& document, Element left_out,
                                   const OctetSink& sink) {
  Canonicalisation(left_out.node(), sink).run(document.root().node());
}

// Exclusive C14N takes a name's namespace from the node itself, never from an ancestor's
// declarations (no InclusiveNamespaces list is used), and inherits no xml: attributes. So a subtree
// reads the same wherever it stands.
std::string canonicalize_element(Element element) {
  std::string octets;
  const OctetSink append = [&](std::string_view piece) { octets += piece; };
  Canonicalisation(nullptr, append).run(element.node());
  return octets;
}

}  // namespace truc::xml
