#include <catch2/catch.hpp>
#include <thread>

#include "schemas/xml/reader.hpp"
#include "tests/support/xml_library.hpp"

using truc::ErrorCode;
using truc::Failure;
using truc::xml::Document;
using truc::xml::Element;
using truc::xml::ReadLimits;

namespace {

Failure refusal(std::string_view bytes, const ReadLimits& limits = ReadLimits{}) {
  const auto document = Document::parse(bytes, limits);
  REQUIRE_FALSE(document);
  return document.error();
}

Document parsed(std::string_view bytes, const ReadLimits& limits = ReadLimits{}) {
  auto document = Document::parse(bytes, limits);
  if (!document) FAIL(document.error().found());
  return std::move(document).value();
}

bool is_read(std::string_view bytes, const ReadLimits& limits) {
  return bool(Document::parse(bytes, limits));
}

std::string repeated(std::string_view piece, std::size_t times) {
  std::string text;
  for (std::size_t i = 0; i < times; ++i) text += piece;
  return text;
}

}  // namespace

TEST_CASE("the reader refuses what is not strict XML, and says where", "[xml][reader]") {
  struct Row {
    const char* what;
    std::string bytes;
    ErrorCode code;
    const char* place;
  };
  const Row row = GENERATE(values<Row>({
      {"nothing", "", ErrorCode::not_xml, ""},
      {"a byte-order mark", "\xef\xbb\xbf<a/>", ErrorCode::junk_before_xml, "line 1, column 1"},
      {"white space first", " <a/>", ErrorCode::junk_before_xml, "line 1, column 1"},
      {"words first", "HTTP <a/>", ErrorCode::junk_before_xml, "line 1, column 1"},
      {"UTF-16 with a mark", "\xff\xfe<\0a\0", ErrorCode::not_utf8, "line 1, column 1"},
      {"UTF-16 without a mark", std::string("<\0a\0/\0>\0", 8), ErrorCode::not_utf8,
       "line 1, column 2"},
      {"a zero octet", std::string("<a>\n\0</a>", 9), ErrorCode::not_utf8, "line 2, column 1"},
      {"Latin-1 octets", "<a>\n\xe9t\xe9</a>", ErrorCode::not_utf8, "line 2, column 1"},
      {"an over-long form", "<a>\xe0\x80\xaf</a>", ErrorCode::not_utf8, "line 1, column 4"},
      {"a surrogate", "<a>\xed\xa0\x80</a>", ErrorCode::not_utf8, "line 1, column 4"},
      {"above U+10FFFF", "<a>\xf4\x90\x80\x80</a>", ErrorCode::not_utf8, "line 1, column 4"},
      {"a sequence cut off", "<a/>\xe1\xbb", ErrorCode::not_utf8, "line 1, column 5"},
      {"a Latin-1 declaration", "<?xml version='1.0' encoding='ISO-8859-1'?><a/>",
       ErrorCode::not_utf8, nullptr},
      {"a UTF-16 declaration", "<?xml version='1.0' encoding='UTF-16'?><a/>", ErrorCode::not_utf8,
       nullptr},
      {"a UTF-7 declaration", "<?xml version='1.0' encoding='UTF-7'?><a>+AGE-</a>",
       ErrorCode::not_utf8, nullptr},
      {"a Vietnamese code page", "<?xml version='1.0' encoding='windows-1258'?><a/>",
       ErrorCode::not_utf8, nullptr},
      {"UTF-32", std::string("<\0\0\0a\0\0\0", 8), ErrorCode::not_utf8, "line 1, column 2"},
      {"UTF-32 with a mark", std::string("\0\0\xfe\xff\0\0\0<", 8), ErrorCode::junk_before_xml,
       "line 1, column 1"},
      {"EBCDIC", "\x4c\x6f\xa7\x94", ErrorCode::junk_before_xml, "line 1, column 1"},
      {"half of a surrogate pair by reference", "<a>&#xD83D;&#xDE00;</a>", ErrorCode::not_xml,
       nullptr},
      {"an over-long '<'", "<a>\xc0\xbc</a>", ErrorCode::not_utf8, "line 1, column 4"},
      {"an unknown encoding", "<?xml version='1.0' encoding='TCVN3'?><a/>", ErrorCode::not_utf8,
       nullptr},
      {"XML 1.1", "<?xml version='1.1'?><a/>", ErrorCode::not_xml, nullptr},
      {"a document type", "<!DOCTYPE a><a/>", ErrorCode::doctype_forbidden, nullptr},
      {"entities", "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", ErrorCode::doctype_forbidden,
       nullptr},
      {"an external document type", "<!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>",
       ErrorCode::doctype_forbidden, nullptr},
      {"a parameter entity", "<!DOCTYPE a [<!ENTITY % b SYSTEM 'http://localhost/b'>%b;]><a/>",
       ErrorCode::doctype_forbidden, nullptr},
      {"an external entity", "<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>",
       ErrorCode::doctype_forbidden, nullptr},
      {"a billion laughs",
       "<!DOCTYPE a [<!ENTITY b 'ha'><!ENTITY c '&b;&b;&b;&b;'><!ENTITY d '&c;&c;&c;&c;'>]>"
       "<a>&d;</a>",
       ErrorCode::doctype_forbidden, nullptr},
      {"a document type behind the root's beginning", "<a><!DOCTYPE a></a>", ErrorCode::not_xml,
       nullptr},
      {"an undeclared entity", "<a>&b;</a>", ErrorCode::not_xml, nullptr},
      {"a zero reference", "<a>&#0;</a>", ErrorCode::not_xml, nullptr},
      {"a control character", "<a>\x01</a>", ErrorCode::not_xml, nullptr},
      {"an instruction inside", "<a><?php x?></a>", ErrorCode::processing_instruction, nullptr},
      {"an instruction before", "<?xml version='1.0'?><?b?><a/>", ErrorCode::processing_instruction,
       nullptr},
      {"an instruction after", "<a/><?b?>", ErrorCode::processing_instruction, nullptr},
      {"an unbound prefix", "<b:a/>", ErrorCode::unbound_prefix, nullptr},
      {"an unbound attribute prefix", "<a b:c='d'/>", ErrorCode::unbound_prefix, nullptr},
      {"a prefix used above its binding", "<b:a><c xmlns:b='urn:b'/></b:a>",
       ErrorCode::unbound_prefix, nullptr},
      {"two colons", "<a xmlns:b='urn:b'><b:c:d/></a>", ErrorCode::not_xml, nullptr},
      {"a relative namespace", "<a xmlns='b/c'/>", ErrorCode::not_xml, nullptr},
      {"a relative namespace with a prefix", "<a xmlns:b='u'/>", ErrorCode::not_xml, nullptr},
      {"a namespace with a reference", "<a xmlns='urn:b&amp;c'/>", ErrorCode::not_xml, nullptr},
      {"a namespace with a mark", "<a xmlns:b='urn:&lt;b>'/>", ErrorCode::not_xml, nullptr},
      {"a namespace with a space", "<a xmlns:b='urn:b c'/>", ErrorCode::not_xml, nullptr},
      {"a namespace that is a path", "<a xmlns:b='/u:c'/>", ErrorCode::not_xml, nullptr},
      {"a namespace that is a fragment", "<a xmlns:b='#u'/>", ErrorCode::not_xml, nullptr},
      {"a namespace with an empty scheme", "<a xmlns:b=':u'/>", ErrorCode::not_xml, nullptr},
      {"the same attribute twice", "<a b='1' b='2'/>", ErrorCode::not_xml, nullptr},
      {"the same attribute by two prefixes", "<a xmlns:b='urn:x' xmlns:c='urn:x' b:d='1' c:d='2'/>",
       ErrorCode::not_xml, nullptr},
      {"crossed tags", "<a>\n<b></a></b>", ErrorCode::not_xml, nullptr},
      {"an end too early", "<a>\n<b>", ErrorCode::not_xml, nullptr},
      {"only a declaration", "<?xml version='1.0'?>", ErrorCode::not_xml, nullptr},
      {"two roots", "<a/><b/>", ErrorCode::not_xml, nullptr},
      {"text after the root", "<a/>b", ErrorCode::not_xml, nullptr},
  }));
  INFO(row.what);
  const auto failure = refusal(row.bytes);
  CHECK(truc::describe(failure.code()).name == truc::describe(row.code).name);
  CHECK_FALSE(failure.expected().empty());
  CHECK_FALSE(failure.found().empty());
  if (row.place) CHECK(failure.place() == row.place);
  if (!row.place) CHECK(failure.place().starts_with("line "));
}

TEST_CASE("the reader takes UTF-8 in any spelling of its name, comments and CDATA",
          "[xml][reader]") {
  CHECK(is_read("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<a/>\n", {}));
  CHECK(is_read("<?xml version='1.0' encoding='UTF-8' standalone='yes'?><a/>", {}));
  CHECK(is_read("<a>Sở Tư pháp &amp; Công an &#x1F600; \xf0\x9f\x98\x80</a><!-- b -->", {}));
  CHECK(is_read("<a><![CDATA[b]]><!-- c --></a>", {}));
}

TEST_CASE("every limit of the reader holds at its edge and refuses one beyond", "[xml][reader]") {
  ReadLimits limits;
  SECTION("bytes") {
    limits.bytes_max = 8;
    CHECK(is_read("<a>b</a>", limits));
    CHECK(refusal("<a>bc</a>", limits).code() == ErrorCode::body_too_large);
  }
  SECTION("depth") {
    limits.depth_max = 3;
    CHECK(is_read("<a><b><c/><c/></b><b><c/></b></a>", limits));
    CHECK(refusal("<a><b><c><d/></c></b></a>", limits).code() == ErrorCode::xml_limit);
  }
  SECTION("elements") {
    limits.elements_max = 4;
    CHECK(is_read("<a><b/><b/><b/></a>", limits));
    CHECK(refusal("<a><b/><b/><b/><b/></a>", limits).code() == ErrorCode::xml_limit);
  }
  SECTION("comments and CDATA sections count as elements") {
    limits.elements_max = 3;
    CHECK(is_read("<a><!--b--><![CDATA[c]]></a>", limits));
    CHECK(refusal("<a><!--b--><!--b--><!--b--></a>", limits).code() == ErrorCode::xml_limit);
    CHECK(refusal("<a>b<![CDATA[c]]>b<![CDATA[c]]>b<![CDATA[c]]></a>", limits).code() ==
          ErrorCode::xml_limit);
  }
  SECTION("attributes of one element, with its namespace declarations") {
    limits.attributes_max = 2;
    CHECK(is_read("<a b='1' xmlns:c='urn:c'/>", limits));
    CHECK(refusal("<a b='1' d='2' xmlns:c='urn:c'/>", limits).code() == ErrorCode::xml_limit);
  }
  SECTION("namespaces around one place") {
    limits.namespaces_max = 2;
    CHECK(is_read("<a xmlns='u:a'><b xmlns='u:b'/><b xmlns='u:b'><c/></b></a>", limits));
    CHECK(refusal("<a xmlns='u:a'><b xmlns='u:b'><c xmlns='u:c'/></b></a>", limits).code() ==
          ErrorCode::xml_limit);
  }
  SECTION("attributes in all") {
    limits.elements_max = 3;
    CHECK(is_read("<a b='1' c='2'><d e='3'/></a>", limits));
    CHECK(refusal("<a b='1' c='2'><d e='3' f='4'/></a>", limits).code() == ErrorCode::xml_limit);
  }
  SECTION("names") {
    limits.name_bytes_max = 5;
    CHECK(is_read("<abcde/>", limits));
    CHECK(refusal("<abcdef/>", limits).code() == ErrorCode::xml_limit);
    CHECK(refusal("<a bcdefg='1'/>", limits).code() == ErrorCode::xml_limit);
    CHECK(refusal("<a xmlns:bcdefg='u:b'/>", limits).code() == ErrorCode::xml_limit);
    CHECK(is_read("<a xmlns='u:bcd'/>", limits));
    CHECK(refusal("<a xmlns='u:bcde'/>", limits).code() == ErrorCode::xml_limit);
  }
  SECTION("one text, also when it comes in pieces") {
    limits.text_bytes_max = 6;
    CHECK(is_read("<a>bcd&amp;ef</a>", limits));
    CHECK(is_read("<a>bcdefg<b/>bcdefg</a>", limits));
    CHECK(refusal("<a>bcd&amp;efg</a>", limits).code() == ErrorCode::xml_limit);
    CHECK(refusal("<a><![CDATA[bcdefgh]]></a>", limits).code() == ErrorCode::xml_limit);
    CHECK(is_read("<a b='cdefgh'/>", limits));
    CHECK(refusal("<a b='cdefghi'/>", limits).code() == ErrorCode::xml_limit);
  }
}

TEST_CASE("the product's limits hold at their edges and refuse one beyond", "[xml][reader]") {
  using namespace truc::limits;
  const auto elements = [](std::size_t count) {
    return "<a>" + repeated("<b/>", count - 1) + "</a>";
  };
  const auto nested = [](std::size_t depth) {
    return repeated("<a>", depth) + repeated("</a>", depth);
  };
  const auto attributes = [](std::size_t count) {
    std::string tag = "<a";
    for (std::size_t i = 0; i < count; ++i) tag += " b" + std::to_string(i) + "='='";
    return tag + "/>";
  };
  const auto namespaces = [](std::size_t count) {
    std::string text;
    for (std::size_t i = 0; i < count; ++i) {
      text += i % 8 == 0 ? (i == 0 ? "<a" : "><a") : "";
      text += " xmlns:b" + std::to_string(i) + "='u:b'";
    }
    return text + "/>" + repeated("</a>", (count + 7) / 8 - 1);
  };
  const auto text = [](std::size_t size) { return "<a>" + std::string(size, 'b') + "</a>"; };
  const auto name = [](std::size_t size) { return '<' + std::string(size, 'b') + "/>"; };
  const auto check = [](const auto& make, std::size_t limit) {
    CHECK(is_read(make(limit), {}));
    CHECK(refusal(make(limit + 1)).code() == ErrorCode::xml_limit);
  };
  check(elements, kXmlElementsMax);
  check(nested, kXmlDepthMax);
  check(attributes, kXmlAttributesMax);
  check(namespaces, kXmlNamespacesMax);
  check(name, kXmlNameBytesMax);
  check(text, kXmlTextBytesMax);
}

TEST_CASE("attributes are counted before the parser compares them", "[xml][reader]") {
  ReadLimits limits;
  limits.attributes_max = 1;
  for (const auto* text :
       {"<a b='c=d>e=f'/>", "<a b=\"'='=\"/>", "<a><!-- <b c='' d='' --><c d=''/></a>",
        "<a><![CDATA[<b c='' d=''>]]></a>", "<?xml version='1.0' encoding='utf-8'?><a b=''/>",
        "<a>= = =</a>", "<a b = 'c'\n>=</a >"}) {
    INFO(text);
    CHECK(is_read(text, limits));
  }
  const auto failure = refusal("<a>\n <b c='d>' e='f'/></a>", limits);
  CHECK(failure.code() == ErrorCode::xml_limit);
  CHECK(failure.place() == "line 2, column 2");
  CHECK(failure.expected() == "at most 1 attributes of one element");
  CHECK(failure.found() == "2");
  for (const auto* text :
       {"<a b='", "<a b=", "<a", "<", "<!--", "<![CDATA[", "<?", "<a b=<a b=<a"}) {
    INFO(text);
    CHECK(refusal(text, limits).code() == ErrorCode::not_xml);
  }
}

TEST_CASE("a refusal names the limit and the line", "[xml][reader]") {
  ReadLimits limits;
  limits.depth_max = 2;
  const auto failure = refusal("<a>\n <b>\n  <c/></b></a>", limits);
  CHECK(failure.place().starts_with("line 3, column "));
  CHECK(failure.expected() == "at most 2 levels of elements");
}

TEST_CASE("an element answers with its names in any way of writing them", "[xml][element]") {
  const auto document = parsed("<p:a xmlns:p='urn:1'><b xmlns='urn:2'/><c/></p:a>");
  const auto root = document.root();
  CHECK(root.is("urn:1", "a"));
  CHECK(root.prefix() == "p");
  const auto children = root.children();
  REQUIRE(children.size() == 2);
  CHECK(children[0].is("urn:2", "b"));
  CHECK(children[0].prefix().empty());
  CHECK(children[1].is("", "c"));
  CHECK(children[1].parent() == root);
  CHECK_FALSE(root.parent());
  CHECK(root.first_child() == children[0]);
  CHECK(children[0].next_sibling() == children[1]);
  CHECK_FALSE(children[1].next_sibling());
}

TEST_CASE("plain text is text and nothing else", "[xml][element]") {
  CHECK(parsed("<a/>").root().plain_text() == "");
  CHECK(parsed("<a></a>").root().plain_text() == "");
  CHECK(parsed("<a> b </a>").root().plain_text() == " b ");
  CHECK(parsed("<a>b &lt;&#99;&gt; d\n</a>").root().plain_text() == "b <c> d\n");
  CHECK_FALSE(parsed("<a>b<!-- -->c</a>").root().plain_text());
  CHECK_FALSE(parsed("<a><!-- --></a>").root().plain_text());
  CHECK_FALSE(parsed("<a><![CDATA[b]]></a>").root().plain_text());
  CHECK_FALSE(parsed("<a>b<![CDATA[c]]></a>").root().plain_text());
  CHECK_FALSE(parsed("<a><b/></a>").root().plain_text());
}

TEST_CASE("attributes are those in no namespace", "[xml][element]") {
  const auto document = parsed("<a b='1 &amp; 2' p:c='3' d='' xmlns:p='urn:p'/>");
  const auto root = document.root();
  CHECK(root.attribute("b") == "1 & 2");
  CHECK(root.attribute("d") == "");
  CHECK_FALSE(root.attribute("c"));
  CHECK(root.attribute_count() == 3);
  CHECK(root.attribute_names() == std::vector<std::string>{"b", "p:c", "d"});
}

TEST_CASE("stray text is text between child elements", "[xml][element]") {
  CHECK_FALSE(parsed("<a>\n\t <b>c</b>\r\n</a>").root().has_stray_text());
  CHECK(parsed("<a><b/>c</a>").root().has_stray_text());
  CHECK(parsed("<a><b/><![CDATA[c]]></a>").root().has_stray_text());
  CHECK(parsed("<a>\u00a0<b/></a>").root().has_stray_text());
}

TEST_CASE("a path has an index only where siblings share the name", "[xml][element]") {
  const auto document =
      parsed("<p:a xmlns:p='urn:1'><b/><p:b/><b/>\n<c xmlns='urn:1'><p:d/><d/></c></p:a>");
  const auto children = document.root().children();
  CHECK(document.root().xpath() == "/p:a");
  CHECK(children[0].xpath() == "/p:a/b[1]");
  CHECK(children[1].xpath() == "/p:a/p:b");
  CHECK(children[2].xpath() == "/p:a/b[2]");
  CHECK(children[3].children()[1].xpath() == "/p:a/c/d[2]");
}

TEST_CASE("documents are parsed on several threads at once", "[xml][reader]") {
  std::vector<std::thread> threads;
  std::array<std::size_t, 4> read{};
  for (std::size_t i = 0; i < read.size(); ++i) {
    threads.emplace_back([&, i] {
      for (int round = 0; round < 50; ++round) {
        if (Document::parse("<a xmlns='urn:b'><b>c</b></a>")) ++read[i];
        if (Document::parse("<a><b></a>")) read[i] += 1'000;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(read == std::array<std::size_t, 4>{50, 50, 50, 50});
}
