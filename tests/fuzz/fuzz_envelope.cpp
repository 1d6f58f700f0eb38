// A package of a stranger: XML, its canonical form, which is that of libxml2's own tree, a document
// read, checked and written again, and lint that agrees.
#include <libxml/c14n.h>
#include <libxml/parser.h>

#include "schemas/base/check.hpp"
#include "schemas/edxml/write.hpp"
#include "schemas/xml/canonical.hpp"
#include "tests/fuzz/properties.hpp"
#include "tests/fuzz/xml_surgery.hpp"
#include "tests/support/envelopes.hpp"

namespace {

using namespace truc;

std::string canonical_by_libxml2(std::string_view bytes) {
  xmlDoc* tree = xmlReadMemory(bytes.data(), static_cast<int>(bytes.size()), nullptr, nullptr,
                               XML_PARSE_NONET);
  TRUC_CHECK(tree != nullptr, "libxml2 makes a tree of what the reader takes");
  xmlChar* octets = nullptr;
  const int size = xmlC14NDocDumpMemory(tree, nullptr, XML_C14N_EXCLUSIVE_1_0, nullptr,
                                        /*with_comments=*/0, &octets);
  xmlFreeDoc(tree);
  TRUC_CHECK(size >= 0, "libxml2 canonicalises what the reader takes");
  std::string text(reinterpret_cast<const char*>(octets), static_cast<std::size_t>(size));
  xmlFree(octets);
  return text;
}

void require_idempotent_canonical_form(std::string_view bytes) {
  const auto document = xml::Document::parse(bytes);
  if (!document) return fuzz::require_sound(document.error());
  const auto canonical = [](const xml::Document& tree) {
    return xml::canonicalize_element(tree.root());
  };
  const auto once = canonical(document.value());
  TRUC_CHECK(once == canonical_by_libxml2(bytes), "there is one canonical form");
  TRUC_CHECK(canonical(document.value()) == once, "canonicalising changes no document");
  auto limits = xml::ReadLimits{};
  limits.bytes_max *= 8;  // references and declarations grow
  const auto again = xml::Document::parse(once, limits);
  TRUC_CHECK(again, "a canonical form is XML");
  TRUC_CHECK(canonical(again.value()) == once, "a canonical form is its own canonical form");
}

// As the writer takes them.
std::vector<edxml::AttachmentBytes> attachments_of(const edxml::DocumentContent& content) {
  std::vector<edxml::AttachmentBytes> attachments;
  for (const auto& inside : content.inline_attachments) {
    attachments.push_back({inside.content_id, inside.name, inside.description, inside.content_type,
                           edxml::decode_attachment(inside).value()});
  }
  return attachments;
}

void require_same(edxml::DocumentContent read, edxml::DocumentContent again) {
  const auto before = attachments_of(read);
  const auto after = attachments_of(again);
  TRUC_CHECK(before.size() == after.size(), "every attachment is written");
  for (std::size_t i = 0; i < before.size(); ++i) {
    TRUC_CHECK(before[i].name == after[i].name && before[i].bytes == after[i].bytes,
               "an attachment survives writing");
  }
  read.inline_attachments.clear();  // the spelling of base64 may differ
  again.inline_attachments.clear();
  TRUC_CHECK(read == again, "what is read and written again reads the same");
}

void require_written_again(const edxml::DocumentContent& content) {
  const auto written = edxml::write_document(content, attachments_of(content), Time{});
  if (!written) return fuzz::require_sound(written.error());
  const auto again = testing::valid_envelope(written.value());
  TRUC_CHECK(again.content().document, "a document stays a document");
  require_same(content, *again.content().document);
}

}  // namespace

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* bytes, std::size_t size,
                                               std::size_t size_max, unsigned int seed) {
  return fuzz::mutate_xml(bytes, size, size_max, seed);
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const auto text = fuzz::as_text(bytes, size);
  require_idempotent_canonical_form(text);
  const auto valid = fuzz::judged(text);
  if (!valid) {
    fuzz::require_sound(valid.error());
  } else if (valid.value().content().document) {
    require_written_again(*valid.value().content().document);
  }
  return 0;
}
