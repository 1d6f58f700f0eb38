// Canonical forms, checked against literal octets and, for subtrees, against libxml2's own tree of
// the same bytes and its own way of taking a subset of it (a visibility callback).
#include <libxml/c14n.h>
#include <libxml/parser.h>

#include <catch2/catch.hpp>

#include <memory>
#include <stdexcept>

#include "schemas/xml/canonical.hpp"
#include "schemas/xml/libxml2_copy.hpp"
#include "tests/support/xml_library.hpp"

using truc::xml::Document;
using truc::xml::Element;

namespace {

Document parsed(std::string_view bytes) {
  return Document::parse(bytes).value();
}

std::string without(const Document& document, Element left_out) {
  std::string octets;
  truc::xml::canonicalize_document_without(document, left_out,
                                           [&](std::string_view piece) { octets += piece; });
  return octets;
}

std::string whole(const Document& document) {
  return truc::xml::canonicalize_element(document.root());
}

// Every element of the tree, in document order.
void collect(Element element, std::vector<Element>& all) {
  all.push_back(element);
  for (const auto child : element.children()) collect(child, all);
}
std::vector<Element> elements_of(const Document& document) {
  std::vector<Element> all;
  collect(document.root(), all);
  return all;
}

int is_inside(void* apex, xmlNode* node, xmlNode* parent) {
  // A namespace is handed over as a node, with the element that it is looked at for as its parent.
  if (node->type == XML_NAMESPACE_DECL || node->type == XML_ATTRIBUTE_NODE) node = parent;
  for (; node; node = node->parent) {
    if (node == apex) return 1;
  }
  return 0;
}

// libxml2's canonical form of an element of a tree of its own.
std::string canonical_by_libxml2(xmlDoc* tree, xmlNode* element) {
  xmlBuffer* buffer = xmlBufferCreate();
  xmlOutputBuffer* output = xmlOutputBufferCreateBuffer(buffer, nullptr);
  REQUIRE(xmlC14NExecute(tree, is_inside, element, XML_C14N_EXCLUSIVE_1_0, nullptr, 0, output) >=
          0);
  xmlOutputBufferClose(output);
  std::string octets(reinterpret_cast<const char*>(xmlBufferContent(buffer)),
                     static_cast<std::size_t>(xmlBufferLength(buffer)));
  xmlBufferFree(buffer);
  return octets;
}

void collect(xmlNode* element, std::vector<xmlNode*>& all) {
  all.push_back(element);
  for (xmlNode* child = element->children; child; child = child->next) {
    if (child->type == XML_ELEMENT_NODE) collect(child, all);
  }
}

// The canonical form of every element, in document order.
std::vector<std::string> canonical_by_libxml2(xmlDoc* tree) {
  std::vector<xmlNode*> elements;
  collect(xmlDocGetRootElement(tree), elements);
  std::vector<std::string> forms;
  for (xmlNode* element : elements) forms.push_back(canonical_by_libxml2(tree, element));
  return forms;
}

std::vector<std::string> canonical_by_libxml2(const std::string& bytes) {
  const std::unique_ptr<xmlDoc, decltype(&xmlFreeDoc)> tree(
      xmlReadMemory(bytes.data(), static_cast<int>(bytes.size()), nullptr, nullptr,
                    XML_PARSE_NONET),
      xmlFreeDoc);
  REQUIRE(tree);
  return canonical_by_libxml2(tree.get());
}

std::vector<std::string> canonical_by_ourselves(const Document& document) {
  std::vector<std::string> forms;
  for (const auto element : elements_of(document))
    forms.push_back(truc::xml::canonicalize_element(element));
  return forms;
}

const char* const kNasty[] = {
    "<a><b/><c>d</c></a>",
    "<a xmlns='urn:1'><b><c xmlns=''><d xmlns='urn:1'/><e/></c></b></a>",
    "<p:a xmlns:p='urn:1' xmlns:q='urn:2' xmlns='urn:3'><q:b><c/><p:d x='1' q:y='2'/></q:b></p:a>",
    "<p:a xmlns:p='urn:1'><p:b xmlns:p='urn:2'><p:c xmlns:p='urn:1'/><p:d/></p:b><p:e/></p:a>",
    "<a xmlns='urn:1' xmlns:p='urn:1'><p:b><b><p:c xmlns:p='urn:1'/></b></p:b></a>",
    "<a xml:lang='vi' xml:space='preserve'><b><c xml:lang='en'/></b></a>",
    "<a xmlns:u='urn:u' xmlns:p='urn:1' b='3' a='1' p:a='2'><b p:z='1' u:a='2' y='3'/></a>",
    "<a>\n  <b>\r\n&#13;&#9;&lt;&amp;&gt;\"'</b>\n <c d='&#10;&#13;&#9;&quot;&lt;&apos;  "
    "&gt;'/></a>",
    "<a><!-- b --><c>d<!-- e -->f<![CDATA[<g>&]]></c><!-- h --></a><!-- i -->",
    "<a xmlns='urn:1'><b xmlns:p='urn:unused'><c xmlns='urn:1'><d xmlns:p='urn:2' p:e='1'/></c>"
    "</b></a>",
    "<p:a xmlns:p='urn:1'><b xmlns:q='urn:1'><q:c p:d='1'><p:e q:f='2'/></q:c></b></p:a>",
    "<a xmlns='urn:1'><b xmlns=''><c/></b><d><e xmlns=''/></d></a>",
    "<a b='&amp;#38;' c='&#38;amp;&amp;&#38;' d='&amp;lt;'>&amp;#38;&#38;amp;</a>",
    "<p:a xmlns:p='urn:1' xmlns='urn:2'><b p:c='1' xmlns='' xmlns:p='urn:3'><p:d c='2'/></b></p:a>",
    "<a>Ủy ban nhân dân &#x110;à Nẵng \xf0\x9f\x98\x80<b>\u00a0</b></a>",
};

}  // namespace

TEST_CASE("a subtree's canonical form is the one it has in its place", "[xml][canonical]") {
  const std::string bytes = GENERATE(from_range(std::begin(kNasty), std::end(kNasty)));
  CHECK(canonical_by_ourselves(parsed(bytes)) == canonical_by_libxml2(bytes));
}

TEST_CASE("what libxml2 is given to validate is the document", "[xml][validator]") {
  const std::string bytes = GENERATE(from_range(std::begin(kNasty), std::end(kNasty)));
  const auto document = parsed(bytes);
  const truc::xml::Libxml2Copy copy(document.root());
  CHECK(canonical_by_libxml2(copy.tree()) == canonical_by_libxml2(bytes));
  std::vector<xmlNode*> copies;
  collect(xmlDocGetRootElement(copy.tree()), copies);
  const auto elements = elements_of(document);
  REQUIRE(copies.size() == elements.size());
  for (std::size_t i = 0; i < copies.size(); ++i)
    CHECK(truc::xml::Libxml2Copy::original(copies[i]) == elements[i]);
}

TEST_CASE("leaving out a subtree gives what stays", "[xml][canonical]") {
  const auto document = parsed(GENERATE(from_range(std::begin(kNasty), std::end(kNasty))));
  const auto before = whole(document);
  for (const auto element : elements_of(document)) {
    if (element == document.root()) continue;
    INFO(element.xpath());
    CHECK(without(document, element).size() < before.size());
  }
}

TEST_CASE("canonical octets are those of the recommendation", "[xml][canonical]") {
  struct Row {
    const char* in;
    const char* out;
  };
  const Row row = GENERATE(values<Row>({
      {"<?xml version='1.0'?>\n<a  b = 'c' />\n", "<a b=\"c\"></a>"},
      {"<a b='2' a='1'/>", "<a a=\"1\" b=\"2\"></a>"},
      {"<a xmlns:x='urn:x'><x:b/><x:c/></a>",
       "<a><x:b xmlns:x=\"urn:x\"></x:b><x:c xmlns:x=\"urn:x\"></x:c></a>"},
      {"<a>&#13;\r\n<![CDATA[<&]]>&gt;\"</a>", "<a>&#xD;\n&lt;&amp;&gt;\"</a>"},
      {"<a b='&#10;&#9;&quot;&lt;>'/>", "<a b=\"&#xA;&#x9;&quot;&lt;>\"></a>"},
      {"<!-- a --><b><!-- c --></b><!-- d -->", "<b></b>"},
      {"<a xmlns='urn:1'><b xmlns=''/></a>", "<a xmlns=\"urn:1\"><b xmlns=\"\"></b></a>"},
  }));
  CHECK(whole(parsed(row.in)) == row.out);
}

TEST_CASE("the subtree that is left out may stand first, in the middle, last or alone",
          "[xml][canonical]") {
  struct Row {
    const char* in;
    const char* out;
  };
  const Row row = GENERATE(values<Row>({
      {"<a><S/><b/>c</a>", "<a><b></b>c</a>"},
      {"<a>b<S><x/></S>c</a>", "<a>bc</a>"},
      {"<a><b/> <S/></a>", "<a><b></b> </a>"},
      {"<a><b><S/></b></a>", "<a><b></b></a>"},
      {"<a xmlns:p='urn:p'><p:S xmlns:S='urn:p'/><p:b/></a>",
       "<a><p:b xmlns:p=\"urn:p\"></p:b></a>"},
  }));
  const auto document = parsed(row.in);
  for (const auto element : elements_of(document)) {
    if (element.local_name() != "S") continue;
    CHECK(without(document, element) == row.out);
  }
}

TEST_CASE("what a sink throws comes through", "[xml][canonical]") {
  const auto document = parsed("<a><b/><c>" + std::string(20'000, 'd') + "</c></a>");
  const auto throwing = [](std::string_view) { throw std::length_error("full"); };
  CHECK_THROWS_AS(
      truc::xml::canonicalize_document_without(document, *document.root().first_child(), throwing),
      std::length_error);
}

TEST_CASE("the sink receives a large document in pieces", "[xml][canonical]") {
  auto document = parsed("<a><b/><c>" + std::string(200'000, 'd') + "</c><c>e</c></a>");
  std::size_t pieces = 0;
  std::size_t octets = 0;
  truc::xml::canonicalize_document_without(document, *document.root().first_child(),
                                           [&](std::string_view piece) {
                                             ++pieces;
                                             octets += piece.size();
                                           });
  CHECK(octets == 200'000 + std::string_view("<a><c></c><c>e</c></a>").size());
  CHECK(pieces > 1);
}
