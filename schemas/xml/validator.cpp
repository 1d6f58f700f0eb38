#include "schemas/xml/validator.hpp"

#include <algorithm>
#include <optional>
#include <ranges>
#include <span>
#include <utility>
#include <vector>

#include "schemas/xml/handles.hpp"
#include "schemas/xml/libxml2_copy.hpp"

namespace truc::xml {
namespace {

// Removes every "{namespace}" in front of a name.
void drop_namespaces(std::string& text) {
  for (auto open = text.find('{'); open != std::string::npos; open = text.find('{', open)) {
    const auto close = text.find('}', open);
    const auto inside = std::string_view(text).substr(open, close - open);
    if (close == std::string::npos || inside.find(':') == std::string_view::npos) {
      ++open;  // a set of allowed values, not a namespace
      continue;
    }
    text.erase(open, close + 1 - open);
  }
}

// Removes the quoted value in front of `after`, if `text` has both; it may itself hold quotes.
void drop_value(std::string& text, std::string_view before, std::string_view after) {
  const auto from = text.find(before);
  const auto to = text.rfind(after);
  if (from == std::string::npos || to == std::string::npos || to < from + before.size()) return;
  text.replace(from + before.size(), to - from - before.size(), "…");
}

// libxml2's sentence without the element's name (the place says it) and without document content.
std::string expectation_in(std::string text) {
  if (const auto end = text.find("': "); text.starts_with("Element '") && end != std::string::npos)
    text.erase(0, end + 3);
  drop_value(text, "The value '", "' is not ");
  if (text.starts_with('\'')) drop_value(text, "'", "' is not a valid value ");
  drop_namespaces(text);
  constexpr std::size_t kBytesMax = 300;
  return text.size() > kBytesMax ? text.substr(0, kBytesMax) + "…" : text;
}

// libxml2 cannot be told to stop, and a violation costs it a hundred times an element: what lies
// ahead of its walk is hidden from it until it has come to the end.
class HiddenRest {
 public:
  HiddenRest() = default;
  ~HiddenRest() {
    for (const auto& [place, node] : hidden_ | std::views::reverse) *place = node;
  }
  HiddenRest(const HiddenRest&) = delete;
  HiddenRest& operator=(const HiddenRest&) = delete;

  void hide_after(xmlNode* element) {
    hide(element->children);
    for (; element->type == XML_ELEMENT_NODE; element = element->parent) hide(element->next);
  }

 private:
  void hide(xmlNode*& place) { hidden_.emplace_back(&place, std::exchange(place, nullptr)); }
  std::vector<std::pair<xmlNode**, xmlNode*>> hidden_;
};

struct Violations {
  Faults& faults;
  std::size_t before;  // faults that were told before the schema's
  bool found = false;
  std::optional<Failure> end;
  HiddenRest after_end;
};

bool is_told(const Violations& violations, const std::string& place) {
  const auto told = std::span(violations.faults.kept()).first(violations.before);
  return std::ranges::find(told, place, &Failure::place) != told.end();
}

void take_violation(void* context, xmlError* error) {
  auto& violations = *static_cast<Violations*>(context);
  violations.found = true;
  if (violations.end) return;
  auto* node = static_cast<xmlNode*>(error->node);
  while (node && node->type != XML_ELEMENT_NODE) node = node->parent;
  const auto element = node ? std::optional(Libxml2Copy::original(node)) : std::nullopt;
  const auto place = element ? element->xpath() : "/";
  if (is_told(violations, place)) return;
  auto taken =
      violations.faults.add(Failure(ErrorCode::schema_violation)
                                .at(place)
                                .expected(expectation_in(message_of(*error)))
                                .found(element ? std::string(element->local_name()) : "nothing"));
  if (taken) return;
  violations.end = std::move(taken).error();
  if (node) violations.after_end.hide_after(node);
}

void keep_first_message(void* context, xmlError* error) {
  auto& message = *static_cast<std::string*>(context);
  if (message.empty()) message = message_of(*error);
}

}  // namespace

struct Validator::Schema {
  SchemaHandle handle;
};

Result<Validator> Validator::compile(std::string_view xsd) {
  std::string message;
  const ThreadErrors errors;
  const SchemaParserHandle parser(
      xmlSchemaNewMemParserCtxt(xsd.data(), static_cast<int>(xsd.size())));
  if (!parser) return Failure(ErrorCode::internal).because("libxml2 made no schema parser");
  xmlSchemaSetParserStructuredErrors(parser.get(), keep_first_message, &message);
  SchemaHandle schema(xmlSchemaParse(parser.get()));
  if (!schema || !message.empty() || !errors.first().empty()) {
    return Failure(ErrorCode::internal)
        .because("schema: " + (message.empty() ? errors.first() : message));
  }
  return Validator(std::make_shared<const Schema>(Schema{std::move(schema)}));
}

Result<void> Validator::validate(const Document& document) const {
  Faults first_only(0);
  return validate(document, first_only);
}

Result<void> Validator::validate(const Document& document, Faults& faults) const {
  const Libxml2Copy copy(document.root());
  Violations violations{
      .faults = faults, .before = faults.kept().size(), .end = std::nullopt, .after_end = {}};
  const ThreadErrors errors;
  const SchemaCheckHandle check(xmlSchemaNewValidCtxt(schema_->handle.get()));
  if (!check) return Failure(ErrorCode::internal).because("libxml2 made no validator");
  xmlSchemaSetValidStructuredErrors(check.get(), take_violation, &violations);
  const int verdict = xmlSchemaValidateDoc(check.get(), copy.tree());
  if (violations.end) return std::move(*violations.end);
  if (verdict != 0 && !violations.found)
    return Failure(ErrorCode::internal).because("schema validation failed: " + errors.first());
  return success();
}

}  // namespace truc::xml
