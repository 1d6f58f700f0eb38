#include "schemas/xml/canonical.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "schemas/base/limits.hpp"
#include "schemas/xml/handles.hpp"

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

struct Namespace {
  const xmlNs* declaration;  // null: none
  std::string_view prefix;   // empty: the default one
  std::string_view uri;
};

Namespace namespace_of(const xmlNs* ns) {
  return ns ? Namespace{ns, view(ns->prefix), view(ns->href)} : Namespace{};
}

// One subtree, from its apex on.
class Canonicalisation {
 public:
  Canonicalisation(const xmlNode* left_out, const OctetSink& sink)
      : left_out_(left_out), sink_(sink) {
    octets_.reserve(kPieceBytes);
  }

  Result<void> run(const xmlNode* apex);

 private:
  bool is_entered(const xmlNode* node) const {
    return node->type == XML_ELEMENT_NODE && node != left_out_;
  }
  Result<void> begin(const xmlNode* node);
  void end(const xmlNode* node);
  Result<void> begin_element(const xmlNode* element);
  void write_namespaces(const xmlNode* element);
  void use(const xmlNs* ns);
  Result<void> write_attributes(const xmlNode* element);
  void write_name(const xmlNs* ns, const xmlChar* local_name);
  void write_escaped(std::string_view text, const Replacements& replacements);
  void write(std::string_view octets);
  void flush();

  const xmlNode* const left_out_;
  const OctetSink& sink_;
  std::string octets_;  // written, and not yet with the sink
  // What was written around the place at hand, the innermost last. Not more than is declared there:
  // a prefix is written again only for another declaration further in.
  std::vector<Namespace> written_;
  std::vector<std::size_t> outside_;        // of every open element, how many of these
  std::vector<Namespace> here_;             // to be written at the element at hand
  std::vector<const xmlAttr*> attributes_;  // of the element at hand
};

Failure unexpected(const xmlNode* node) {
  return Failure(ErrorCode::internal)
      .because("a node of type " + std::to_string(node->type) + ", which the reader does not make");
}

// Down to the first child, else on to the next node behind all that ends here.
Result<void> Canonicalisation::run(const xmlNode* apex) {
  const xmlNode* node = apex;
  while (node) {  // ends: every node is begun once and ended once
    TRUC_TRY(begin(node));
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
  return success();
}

Result<void> Canonicalisation::begin(const xmlNode* node) {
  switch (node->type) {
    case XML_ELEMENT_NODE:
      return node == left_out_ ? success() : begin_element(node);
    case XML_TEXT_NODE:
    case XML_CDATA_SECTION_NODE:
      write_escaped(view(node->content), kInText);
      return success();
    case XML_COMMENT_NODE:
      return success();
    default:
      return unexpected(node);
  }
}

void Canonicalisation::end(const xmlNode* node) {
  if (!is_entered(node)) return;
  write("</");
  write_name(node->ns, node->name);
  write(">");
  written_.resize(outside_.back());
  outside_.pop_back();
}

Result<void> Canonicalisation::begin_element(const xmlNode* element) {
  outside_.push_back(written_.size());
  write("<");
  write_name(element->ns, element->name);
  write_namespaces(element);
  TRUC_TRY(write_attributes(element));
  write(">");
  return success();
}

// Those that the element's name and its attributes' names use (Exclusive C14N 3), unless they read
// the same around it.
void Canonicalisation::write_namespaces(const xmlNode* element) {
  here_.clear();
  use(element->ns);
  for (const auto* attribute = element->properties; attribute; attribute = attribute->next) {
    if (attribute->ns) use(attribute->ns);
  }
  std::ranges::sort(here_, {}, &Namespace::prefix);
  for (const auto& one : here_) {
    write(one.prefix.empty() ? " xmlns" : " xmlns:");
    write(one.prefix);
    write("=\"");
    write_escaped(one.uri, kInAttribute);
    write("\"");
    written_.push_back(one);
  }
}

void Canonicalisation::use(const xmlNs* ns) {
  // Nearly all of a package is in one namespace.
  if (ns && here_.empty() && !written_.empty() && written_.back().declaration == ns) return;
  const Namespace used = namespace_of(ns);
  if (used.prefix == "xml") return;
  const auto is_it = [&](const Namespace& one) { return one.prefix == used.prefix; };
  if (std::ranges::any_of(here_, is_it)) return;
  const auto around = std::find_if(written_.rbegin(), written_.rend(), is_it);
  const auto uri = around == written_.rend() ? std::string_view() : around->uri;
  if (uri != used.uri) here_.push_back(used);
}

// By namespace, then by name; those in no namespace first.
Result<void> Canonicalisation::write_attributes(const xmlNode* element) {
  attributes_.clear();
  for (const auto* attribute = element->properties; attribute; attribute = attribute->next)
    attributes_.push_back(attribute);
  std::ranges::sort(attributes_, {}, [](const xmlAttr* attribute) {
    return std::pair(namespace_of(attribute->ns).uri, view(attribute->name));
  });
  for (const auto* attribute : attributes_) {
    write(" ");
    write_name(attribute->ns, attribute->name);
    write("=\"");
    for (const auto* text = attribute->children; text; text = text->next) {
      if (text->type != XML_TEXT_NODE) return unexpected(text);
      write_escaped(view(text->content), kInAttribute);
    }
    write("\"");
  }
  return success();
}

void Canonicalisation::write_name(const xmlNs* ns, const xmlChar* local_name) {
  if (ns && ns->prefix) {
    write(view(ns->prefix));
    write(":");
  }
  write(view(local_name));
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
Result<void> canonicalize_document_without(const Document& document, Element left_out,
                                           const OctetSink& sink) {
  return Canonicalisation(left_out.node(), sink).run(document.root().node());
}

// Exclusive C14N takes a name's namespace from the node itself, never from an ancestor's
// declarations (no InclusiveNamespaces list is used), and inherits no xml: attributes. So a subtree
// reads the same wherever it stands.
Result<std::string> canonicalize_element(Element element) {
  std::string octets;
  const OctetSink append = [&](std::string_view piece) { octets += piece; };
  TRUC_TRY(Canonicalisation(nullptr, append).run(element.node()));
  return octets;
}

}  // namespace truc::xml
