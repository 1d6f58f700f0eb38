// A parsed XML document as a view over the bytes that were received.
//
// The reader is strict about form (UTF-8, no document type declaration, no entity beyond the five
// predefined ones, no processing instruction, every prefix bound, all limits of limits.hpp) and has
// no network and no file access. It never changes the tree; what it read is what can be
// canonicalised (canonical.hpp) and what was signed.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "schemas/base/limits.hpp"
#include "schemas/base/result.hpp"

namespace truc::xml {

struct Node;
class Tree;

// libxml2's process-wide state. One object, owned by main (or a test's main fixture), made before
// the first thread and destroyed after the last. libxml2's parser and validator are then used from
// any thread.
class Library {
 public:
  Library();
  ~Library();
  Library(const Library&) = delete;
  Library& operator=(const Library&) = delete;
};

// Limits of one parse; the defaults are the product's, tests make smaller ones.
struct ReadLimits {
  std::size_t bytes_max = limits::kEnvelopeBytesMax;
  std::size_t depth_max = limits::kXmlDepthMax;
  std::size_t elements_max = limits::kXmlElementsMax;
  std::size_t attributes_max = limits::kXmlAttributesMax;
  std::size_t namespaces_max = limits::kXmlNamespacesMax;
  std::size_t name_bytes_max = limits::kXmlNameBytesMax;
  std::size_t text_bytes_max = limits::kXmlTextBytesMax;
};

// A borrowed element of a Document; valid while the Document lives. Cheap to copy.
class Element {
 public:
  explicit Element(const Node* node) : node_(node) {}

  std::string_view local_name() const;
  std::string_view namespace_uri() const;  // empty when in no namespace
  std::string_view prefix() const;         // empty for a default namespace
  bool is(std::string_view namespace_uri, std::string_view local_name) const;

  // The element's own text when it holds nothing but text: one text node, or none (empty).
  // Comments, CDATA sections or child elements inside make it nullopt, so that no two readers can
  // differ.
  std::optional<std::string_view> plain_text() const;
  // Attribute in no namespace; nullopt when absent.
  std::optional<std::string_view> attribute(std::string_view name) const;
  std::size_t attribute_count() const;
  // As written, with prefixes; declarations of namespaces are no attributes.
  std::vector<std::string> attribute_names() const;

  std::vector<Element> children() const;  // child elements in document order
  // The same one by one; nullopt after the last.
  std::optional<Element> first_child() const;
  std::optional<Element> next_sibling() const;
  std::optional<Element> parent() const;
  // Is there text other than white space directly inside (between child elements)?
  bool has_stray_text() const;

  // For people, the first thing directly inside that is no text: "an element", "a comment" or "a
  // CDATA section". Empty when there is none.
  std::string_view first_besides_text() const;
  // The first thing directly inside that is neither a child element nor white space: "text", "a
  // comment" or "a CDATA section". Empty when there is none.
  std::string_view first_besides_elements() const;

  // For people: "/edXML:edXML/edXML:edXMLEnvelope[1]/…", prefixes as in the document, an index only
  // where siblings share the name.
  std::string xpath() const;

  const Node* node() const { return node_; }  // for schemas/xml only
  bool operator==(const Element&) const = default;

 private:
  const Node* node_;
};

// Owns the tree. Movable, not copyable. Not synchronised: one thread at a time.
class Document {
 public:
  // `bytes` need not outlive the call. Failures: junk_before_xml, not_utf8, not_xml (place = "line
  // N, column M"), doctype_forbidden, processing_instruction, unbound_prefix, xml_limit,
  // body_too_large.
  static Result<Document> parse(std::string_view bytes, const ReadLimits& limits = ReadLimits{});

  Document(Document&&) noexcept;
  Document& operator=(Document&&) noexcept;
  ~Document();

  Element root() const;

 private:
  explicit Document(std::unique_ptr<const Tree> tree);
  std::unique_ptr<const Tree> tree_;
};

}  // namespace truc::xml
