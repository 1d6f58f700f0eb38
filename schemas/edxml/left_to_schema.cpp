#include "schemas/edxml/left_to_schema.hpp"

#include <algorithm>

#include "schemas/edxml/names.hpp"

namespace truc::edxml {
namespace {

constexpr std::size_t kShortTextBytes = 200;  // ShortText's characters, of one byte at least each

// Signatures and attachments beside: the schema does not look inside, nor at their attributes.
bool is_skipped(xml::Element element) {
  return element.namespace_uri() != kNamespace || element.local_name() == "Signature";
}

// Child elements with white space between them, or nothing but text: no comments, no CDATA.
bool holds_one_kind(xml::Element element) {
  return element.first_child() ? element.first_besides_elements().empty()
                               : element.plain_text().has_value();
}

bool is_short_text(xml::Element element) {
  const auto text = element.plain_text();
  return element.attribute_count() == 0 && text && text->size() <= kShortTextBytes;
}

// Holds each of the two once and nothing else.
bool is_plain_hop(xml::Element hop) {
  if (hop.attribute_count() > 0 || !hop.first_besides_elements().empty()) return false;
  const auto first = hop.first_child();
  const auto second = first ? first->next_sibling() : std::nullopt;
  if (!second || second->next_sibling()) return false;
  const auto are = [&](std::string_view one, std::string_view other) {
    return first->is(kNamespace, one) && second->is(kNamespace, other);
  };
  return (are("OrganId", "Timestamp") || are("Timestamp", "OrganId")) && is_short_text(*first) &&
         is_short_text(*second);
}

bool is_plain_document_info(xml::Element info) {
  if (info.attribute_count() > 0 || !info.first_besides_elements().empty()) return false;
  for (auto child = info.first_child(); child; child = child->next_sibling()) {
    const bool is_known =
        child->is(kNamespace, "DocumentInfo") || child->is(kNamespace, "DocumentReceiver");
    if (!is_known || !is_short_text(*child)) return false;
  }
  return true;
}

bool is_plain_manifest(xml::Element manifest) {
  if (manifest.attribute_count() == 0) return true;
  const auto version = manifest.attribute("version");
  return version && manifest.attribute_count() == 1 && version->size() <= kShortTextBytes;
}

bool is_plain(xml::Element element) {
  if (is_skipped(element)) return true;
  const auto name = element.local_name();
  if (name == "TraceHeader") return is_plain_hop(element);
  if (name == "BussinessDocumentInfo") return is_plain_document_info(element);
  const bool is_bare =
      name == "edXMLManifest" ? is_plain_manifest(element) : element.attribute_count() == 0;
  if (!is_bare || !holds_one_kind(element)) return false;
  for (auto child = element.first_child(); child; child = child->next_sibling()) {
    if (!is_plain(*child)) return false;
  }
  return true;
}

}  // namespace

bool has_something_left_to_schema(xml::Element root) {
  return !is_plain(root);
}

}  // namespace truc::edxml
