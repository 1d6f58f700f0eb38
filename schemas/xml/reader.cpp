#include "schemas/xml/reader.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "schemas/base/bytes.hpp"
#include "schemas/base/utf8.hpp"
#include "schemas/xml/handles.hpp"
#include "schemas/xml/tree.hpp"

namespace truc::xml {
namespace {

constexpr std::size_t kMessageBytesMax = 200;
constexpr std::size_t kAttributeBytesMin = 4;  // a=''

std::string position(int line, int column) {
  return "line " + std::to_string(line) + ", column " + std::to_string(column);
}

// Where the bytes stop being UTF-8; their size when they never do.
std::size_t utf8_prefix(std::string_view bytes) {
  constexpr std::uint64_t kHighBits = 0x8080808080808080U;
  std::size_t at = 0;
  while (at < bytes.size()) {
    std::uint64_t word = 0;
    if (at + sizeof word <= bytes.size()) {
      std::memcpy(&word, bytes.data() + at, sizeof word);
      if ((word & kHighBits) == 0) {
        at += sizeof word;
        continue;
      }
    }
    const auto size = utf8_character(bytes.substr(at));
    if (size == 0) return at;
    at += size;
  }
  return at;
}

std::string position_of(std::string_view bytes, std::size_t at) {
  int line = 1;
  int column = 1;
  for (const char c : bytes.substr(0, at)) {
    column = c == '\n' ? 1 : column + 1;
    line += c == '\n' ? 1 : 0;
  }
  return position(line, column);
}

std::string octet_text(char c) {
  return "octet 0x" + to_hex(std::string_view(&c, 1));
}

// What must hold before any parser looks at the bytes. Nothing may stand before the first '<', so
// that the detection of other encodings (XML 1.0, appendix F) has nothing to go by.
Result<void> check_octets(std::string_view bytes, const ReadLimits& limits) {
  if (bytes.size() > limits.bytes_max) {
    return Failure(ErrorCode::body_too_large)
        .expected("at most " + std::to_string(limits.bytes_max) + " bytes")
        .found(std::to_string(bytes.size()) + " bytes");
  }
  if (bytes.empty()) return Failure(ErrorCode::not_xml).expected("XML").found("nothing");
  if (bytes.starts_with("\xef\xbb\xbf")) {
    return Failure(ErrorCode::junk_before_xml)
        .at(position(1, 1))
        .expected("'<' as the first octet")
        .found("a byte-order mark");
  }
  if (bytes.starts_with("\xff\xfe") || bytes.starts_with("\xfe\xff")) {
    return Failure(ErrorCode::not_utf8).at(position(1, 1)).expected("UTF-8").found("UTF-16");
  }
  if (bytes.front() != '<') {
    return Failure(ErrorCode::junk_before_xml)
        .at(position(1, 1))
        .expected("'<' as the first octet")
        .found(octet_text(bytes.front()));
  }
  if (const auto zero = bytes.find('\0'); zero != std::string_view::npos) {
    return Failure(ErrorCode::not_utf8)
        .at(position_of(bytes, zero))
        .expected("UTF-8 text")
        .found("a zero octet");
  }
  if (const auto valid = utf8_prefix(bytes); valid != bytes.size()) {
    return Failure(ErrorCode::not_utf8)
        .at(position_of(bytes, valid))
        .expected("UTF-8")
        .found(octet_text(bytes[valid]));
  }
  return success();
}

// The first octet behind the tag that begins at `at`, and how many attributes it has: an '='
// outside of quotes is one, or the tag is not well-formed.
struct Tag {
  std::size_t behind = 0;
  std::size_t attributes = 0;
};
Tag tag_at(std::string_view bytes, std::size_t at) {
  Tag tag{.behind = at + 1};
  while (tag.behind < bytes.size() && bytes[tag.behind] != '<') {
    const char c = bytes[tag.behind++];
    if (c == '>') break;
    if (c == '=') ++tag.attributes;
    if (c == '"' || c == '\'')
      tag.behind = std::min(bytes.find(c, tag.behind), bytes.size() - 1) + 1;
  }
  return tag;
}

// The first octet behind `end`, looked for from `from` on.
std::size_t behind(std::string_view bytes, std::size_t from, std::string_view end) {
  const auto found = bytes.find(end, from);
  return found == std::string_view::npos ? bytes.size() : found + end.size();
}

// libxml2 compares every attribute of a tag with every other before it hands the tag over: a tag
// of two megabytes takes it twenty seconds. So attributes are counted before it looks.
Result<void> check_tags(std::string_view bytes, const ReadLimits& limits) {
  for (auto at = bytes.find('<'); at != std::string_view::npos; at = bytes.find('<', at)) {
    const auto rest = bytes.substr(at);
    if (rest.starts_with("<!--")) {
      at = behind(bytes, at + 4, "-->");
    } else if (rest.starts_with("<![CDATA[")) {
      at = behind(bytes, at + 9, "]]>");
    } else if (rest.starts_with("<?")) {
      at = behind(bytes, at + 2, "?>");
    } else if (rest.starts_with("<!")) {
      return success();  // a document type, or nothing that may stand here: reading ends there
    } else if (const auto next = bytes.find('<', at + 1);
               next != std::string_view::npos &&
               (next - at <= kAttributeBytesMin * limits.attributes_max || rest[1] == '/')) {
      at = next;  // too short a way for so many; no tag reaches over a '<'
    } else {
      const auto tag = tag_at(bytes, at);
      if (tag.attributes > limits.attributes_max) {
        return Failure(ErrorCode::xml_limit)
            .at(position_of(bytes, at))
            .expected("at most " + std::to_string(limits.attributes_max) +
                      " attributes of one element")
            .found(std::to_string(tag.attributes));
      }
      at = tag.behind;
    }
  }
  return success();
}

// One parse: the limits, the tree and what was counted so far, and the first reason to refuse.
struct Parse {
  const ReadLimits& limits;
  TreeBuilder builder;
  std::optional<Failure> failure = std::nullopt;
  std::size_t nodes = 0;       // elements, comments and CDATA sections
  std::size_t attributes = 0;  // of all elements, with namespace declarations
  std::size_t text_bytes = 0;  // of the text that is being read
};

xmlParserCtxt& parser_of(void* context) {
  return *static_cast<xmlParserCtxt*>(context);
}
Parse& parse_of(void* context) {
  return *static_cast<Parse*>(parser_of(context)._private);
}

void stop(void* context, Failure failure) {
  auto& parser = parser_of(context);
  auto& parse = parse_of(context);
  if (!parse.failure) {
    const auto* input = parser.input;
    parse.failure = std::move(failure).at(input ? position(input->line, input->col) : "");
  }
  xmlStopParser(&parser);
}

void stop_beyond(void* context, std::size_t max, const char* what) {
  stop(context, Failure(ErrorCode::xml_limit)
                    .expected("at most " + std::to_string(max) + ' ' + what)
                    .found("more"));
}

bool within(void* context, std::size_t found, std::size_t max, const char* what) {
  if (found <= max) [[likely]]
    return true;
  stop_beyond(context, max, what);
  return false;
}

bool count_node(void* context) {
  auto& parse = parse_of(context);
  parse.text_bytes = 0;
  return within(context, ++parse.nodes, parse.limits.elements_max,
                "elements, comments and CDATA sections");
}

bool name_fits(void* context, std::string_view name) {
  return within(context, name.size(), parse_of(context).limits.name_bytes_max,
                "bytes in a name, a prefix or a namespace");
}

// Does it begin with a scheme (RFC 3986 3.1)? A default namespace may be none at all. libxml2 warns
// of relative ones without a prefix only, and canonical XML fails for all of them.
bool is_absolute(std::string_view uri) {
  const auto scheme = uri.substr(0, uri.find(':'));
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  const auto may_follow = [&](char c) {
    return is_letter(c) || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
  };
  return uri.empty() || (scheme.size() < uri.size() && !scheme.empty() && is_letter(scheme[0]) &&
                         std::ranges::all_of(scheme, may_follow));
}

// White space and marks that no URI holds (RFC 3986 2). An '&', which it may, can only have been
// written as a reference, and of that libxml2 keeps another name than the one that is meant.
bool has_foreign_octets(std::string_view uri) {
  return std::ranges::any_of(uri, [](char c) {
    return static_cast<unsigned char>(c) <= ' ' ||
           std::string_view("&<>\"'").find(c) != std::string_view::npos;
  });
}

// Names of namespaces are limited like other names: canonical XML repeats them for every element,
// so that a long one would grow with the number of elements.
bool take_namespaces(void* context, int count, const xmlChar** pairs) {
  for (int i = 0; i < count; ++i) {
    const xmlChar** pair = pairs + 2 * i;  // prefix, namespace
    const auto prefix = view(pair[0]);
    const auto uri = view(pair[1]);
    if (!name_fits(context, prefix) || !name_fits(context, uri)) return false;
    if (!is_absolute(uri) || has_foreign_octets(uri)) {
      stop(context, Failure(ErrorCode::not_xml)
                        .expected("an absolute namespace without '&', quotes or white space")
                        .found(std::string(uri.substr(0, kMessageBytesMax))));
      return false;
    }
    parse_of(context).builder.declare(prefix, uri);
  }
  return true;
}

// A parser that is not to replace entities leaves one reference in a value, this one, for every
// '&' that is meant, however it was written.
std::string with_ampersands(std::string_view value) {
  constexpr std::string_view kReference = "&#38;";
  std::string meant;
  for (auto at = value.find(kReference); at != std::string_view::npos;
       at = value.find(kReference)) {
    meant.append(value.substr(0, at)).append("&");
    value.remove_prefix(at + kReference.size());
  }
  return meant.append(value);
}

bool take_attributes(void* context, int count, const xmlChar** quintuples) {
  auto& parse = parse_of(context);
  for (int i = 0; i < count; ++i) {
    const xmlChar** attribute = quintuples + 5 * i;  // name, prefix, namespace, value, its end
    const auto name = view(attribute[0]);
    const auto prefix = view(attribute[1]);
    const std::string_view value(reinterpret_cast<const char*>(attribute[3]),
                                 static_cast<std::size_t>(attribute[4] - attribute[3]));
    if (!name_fits(context, name) || !name_fits(context, prefix) ||
        !within(context, value.size(), parse.limits.text_bytes_max, "bytes in a value"))
      return false;
    const bool has_reference = value.find('&') != std::string_view::npos;
    parse.builder.add_attribute(prefix, view(attribute[2]), name,
                                has_reference ? with_ampersands(value) : value);
  }
  return true;
}

void on_start_document(void* context) {
  const auto& parser = parser_of(context);
  const auto declared = view(parser.encoding ? parser.encoding : parser.input->encoding);
  if (!declared.empty() && xmlStrcasecmp(BAD_CAST declared.data(), BAD_CAST "UTF-8") != 0) {
    stop(context,
         Failure(ErrorCode::not_utf8).expected("UTF-8").found(std::string(declared.substr(0, 40))));
    return;
  }
  if (parser.version && view(parser.version) != "1.0") {
    stop(context, Failure(ErrorCode::not_xml)
                      .expected("XML 1.0")
                      .found("XML " + std::string(view(parser.version).substr(0, 10))));
    return;
  }
}

void on_start_element(void* context, const xmlChar* local_name, const xmlChar* prefix,
                      const xmlChar* uri, int namespace_count, const xmlChar** namespaces,
                      int attribute_count, int, const xmlChar** attributes) {
  auto& parse = parse_of(context);
  const auto name = view(local_name);
  const auto declared = static_cast<std::size_t>(namespace_count);
  parse.attributes += declared + static_cast<std::size_t>(attribute_count);
  if (!count_node(context) ||
      !within(context, parse.builder.depth() + 1, parse.limits.depth_max, "levels of elements") ||
      !within(context, parse.builder.namespaces() + declared, parse.limits.namespaces_max,
              "namespaces declared around one place") ||
      !within(context, parse.attributes, parse.limits.elements_max, "attributes in all") ||
      !name_fits(context, name) || !name_fits(context, view(prefix)))
    return;
  parse.builder.open_element();
  if (!take_namespaces(context, namespace_count, namespaces)) return;
  parse.builder.name_element(view(prefix), view(uri), name);
  take_attributes(context, attribute_count, attributes);
}

void on_end_element(void* context, const xmlChar*, const xmlChar*, const xmlChar*) {
  auto& parse = parse_of(context);
  parse.text_bytes = 0;
  parse.builder.close_element();
}

bool text_fits(void* context, int size) {
  auto& parse = parse_of(context);
  parse.text_bytes += static_cast<std::size_t>(size);
  return within(context, parse.text_bytes, parse.limits.text_bytes_max, "bytes in a text");
}

std::string_view piece_of(const xmlChar* text, int size) {
  return {reinterpret_cast<const char*>(text), static_cast<std::size_t>(size)};
}

void on_text(void* context, const xmlChar* text, int size) {
  if (text_fits(context, size)) parse_of(context).builder.add_text(piece_of(text, size));
}

void on_cdata(void* context, const xmlChar* text, int size) {
  if (count_node(context) && text_fits(context, size))
    parse_of(context).builder.add_cdata(piece_of(text, size));
}

void on_comment(void* context, const xmlChar*) {
  if (count_node(context)) parse_of(context).builder.add_comment();
}

void on_processing_instruction(void* context, const xmlChar* target, const xmlChar*) {
  stop(context, Failure(ErrorCode::processing_instruction)
                    .expected("none")
                    .found(std::string(view(target).substr(0, 40))));
}

void on_doctype(void* context, const xmlChar* name, const xmlChar*, const xmlChar*) {
  stop(context, Failure(ErrorCode::doctype_forbidden)
                    .expected("none")
                    .found("<!DOCTYPE " + std::string(view(name).substr(0, 40))));
}

ErrorCode code_of(const xmlError& error) {
  switch (error.code) {
    case XML_NS_ERR_UNDEFINED_NAMESPACE:
      return ErrorCode::unbound_prefix;
    case XML_ERR_INVALID_ENCODING:
    case XML_ERR_UNKNOWN_ENCODING:
    case XML_ERR_UNSUPPORTED_ENCODING:
      return ErrorCode::not_utf8;
    default:
      return ErrorCode::not_xml;
  }
}

// Whatever libxml2 has to say is a refusal, its warnings too: a relative namespace, for one, is
// only a warning to the parser and an error to canonical XML.
void on_error(void* context, xmlError* error) {
  auto& parse = parse_of(context);
  if (!parse.failure) {
    parse.failure = Failure(code_of(*error))
                        .at(position(error->line, error->int2))
                        .expected("well-formed XML 1.0 with namespaces")
                        .found(message_of(*error).substr(0, kMessageBytesMax));
  }
  xmlStopParser(&parser_of(context));
}

void install_handlers(xmlSAXHandler& sax) {
  sax.startDocument = on_start_document;
  sax.startElementNs = on_start_element;
  sax.endElementNs = on_end_element;
  sax.characters = on_text;
  sax.ignorableWhitespace = on_text;
  sax.cdataBlock = on_cdata;
  sax.comment = on_comment;
  sax.processingInstruction = on_processing_instruction;
  sax.internalSubset = on_doctype;
  sax.externalSubset = on_doctype;
  sax.serror = on_error;
  sax.error = nullptr;
  sax.warning = nullptr;
  sax.fatalError = nullptr;
}

// Nothing is ever fetched: a schema that names another file, or a parser that was told to, gets
// none.
xmlParserInput* load_nothing(const char*, const char*, xmlParserCtxt*) {
  return nullptr;
}
void ignore_error(void*, xmlError*) {}

}  // namespace

Library::Library() {
  xmlInitParser();
  xmlSetExternalEntityLoader(load_nothing);
  xmlSetStructuredErrorFunc(nullptr, ignore_error);
  xmlThrDefSetStructuredErrorFunc(nullptr, ignore_error);
}

Library::~Library() {
  xmlSchemaCleanupTypes();
  xmlCleanupParser();
}

Document::Document(std::unique_ptr<const Tree> tree) : tree_(std::move(tree)) {}
Document::Document(Document&&) noexcept = default;
Document& Document::operator=(Document&&) noexcept = default;
Document::~Document() = default;

Result<Document> Document::parse(std::string_view bytes, const ReadLimits& limits) {
  TRUC_TRY(check_octets(bytes, limits));
  TRUC_TRY(check_tags(bytes, limits));
  const ParserHandle parser(xmlNewParserCtxt());
  if (!parser) return Failure(ErrorCode::internal).because("libxml2 made no parser");
  auto tree = std::make_unique<Tree>(bytes.size());
  Parse parse{.limits = limits, .builder = TreeBuilder(*tree)};
  parser->_private = &parse;
  install_handlers(*parser->sax);
  constexpr int kOptions = XML_PARSE_NONET | XML_PARSE_BIG_LINES;
  const TreeHandle none(xmlCtxtReadMemory(
      parser.get(), bytes.data(), static_cast<int>(bytes.size()), nullptr, nullptr, kOptions));
  if (parse.failure) return std::move(*parse.failure);
  if (!parser->wellFormed || !parser->nsWellFormed || !tree->root()) {
    return Failure(ErrorCode::not_xml)
        .expected("well-formed XML 1.0 with namespaces")
        .found("a document that ends too early");
  }
  if (none || !parse.builder.is_consistent())
    return Failure(ErrorCode::internal).because("libxml2 reads the document otherwise");
  return Document(std::move(tree));
}

Element Document::root() const {
  return Element(tree_->root());
}

}  // namespace truc::xml
