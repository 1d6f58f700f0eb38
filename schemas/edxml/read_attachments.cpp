// The manifest and what it lists: every Reference has its bytes in exactly one place, and every
// Attachment its Reference.
#include <charconv>
#include <map>

#include "schemas/edxml/base64.hpp"
#include "schemas/edxml/read.hpp"

namespace truc::edxml {
namespace {

constexpr Slot kBodySlots[] = {{"edXMLManifest", Occurs::at_most_once, Form::group}};
constexpr Slot kManifestSlots[] = {{"Reference", Occurs::any_number, Form::group}};
constexpr Slot kReferenceSlots[] = {
    {"ContentId", Occurs::once, Form::filled},
    {"ContentType", Occurs::at_most_once},
    {"Description", Occurs::at_most_once},
    {"AttachmentName", Occurs::at_most_once},
    {"Beside", Occurs::at_most_once, Form::text, 0, kTrucNamespace},
};
constexpr Slot kEncodedSlots[] = {{"Attachment", Occurs::any_number, Form::group}};
constexpr Slot kAttachmentSlots[] = {
    {"ContentId", Occurs::once, Form::filled},
    {"AttachmentName", Occurs::at_most_once},
    {"Description", Occurs::at_most_once},
    {"ContentType", Occurs::at_most_once},
    {"ContentTransferEncoded", Occurs::once, Form::text, limits::kXmlTextBytesMax},
};

// By ContentId without "cid:", which real packages write in one place and not in the other.
using ByContentId = std::map<std::string_view, Fields, std::less<>>;

std::string_view content_id(const Fields& fields) {
  auto id = fields.token("ContentId");
  if (id.starts_with("cid:")) id.remove_prefix(4);
  return id;
}

Result<std::vector<Fields>> read_entries(std::optional<xml::Element> parent,
                                         std::span<const Slot> parent_slots,
                                         std::span<const Slot> entry_slots) {
  std::vector<Fields> entries;
  if (!parent) return entries;
  TRUC_TRY(const auto list, Fields::of(*parent, parent_slots));
  for (const auto element : list.all(parent_slots.front().name)) {
    if (entries.size() == limits::kAttachmentsMax) {
      return Failure(ErrorCode::too_many_attachments)
          .at(element.xpath())
          .expected("at most " + std::to_string(limits::kAttachmentsMax))
          .found("more");
    }
    TRUC_TRY(auto fields, Fields::of(element, entry_slots));
    entries.push_back(std::move(fields));
  }
  return entries;
}

Result<ByContentId> by_content_id(const std::vector<Fields>& entries) {
  ByContentId found;
  for (const auto& entry : entries) {
    if (found.emplace(content_id(entry), entry).second) continue;
    return Failure(ErrorCode::element_repeated)
        .at(entry.get("ContentId").xpath())
        .expected("every ContentId once")
        .found(std::string(content_id(entry).substr(0, 80)));
  }
  return found;
}

Failure nameless(const Fields& reference) {
  return Failure(ErrorCode::attachment_name)
      .at(reference.element().xpath())
      .expected("AttachmentName")
      .found("no name");
}

Result<BesideAttachment> read_beside(const Fields& reference) {
  const auto element = *reference.find("Beside");
  if (reference.token("AttachmentName").empty()) return nameless(reference);
  const auto digest = element.attribute("sha256");
  const auto size = element.attribute("size");
  if (!digest || !size || element.attribute_count() != 2) {
    return Failure(ErrorCode::value_invalid)
        .at(element.xpath())
        .expected("the attributes sha256 and size")
        .found("others or fewer");
  }
  auto sha256 = Sha256::parse_hex(*digest);
  if (!sha256) return located(std::move(sha256).error(), element);
  std::uint64_t bytes = 0;
  const auto* end = size->data() + size->size();
  const auto [stop, error] = std::from_chars(size->data(), end, bytes);
  if (error != std::errc{} || stop != end || bytes > limits::kAttachmentBytesMax) {
    return Failure(ErrorCode::value_invalid)
        .at(element.xpath())
        .expected("a size from 1 to " + std::to_string(limits::kAttachmentBytesMax))
        .found(size->substr(0, 40));
  }
  if (bytes == 0) {
    return Failure(ErrorCode::attachment_empty)
        .at(element.xpath())
        .expected("at least one byte")
        .found("none");
  }
  return BesideAttachment{.content_id = std::string(content_id(reference)),
                          .name = std::string(reference.token("AttachmentName")),
                          .description = reference.string("Description"),
                          .content_type = std::string(reference.token("ContentType")),
                          .sha256 = sha256.value(),
                          .size = bytes};
}

// What the Attachment says of itself, and where it says nothing, what its Reference says. Two names
// for one file would let two readers save different files.
Result<InlineAttachment> read_inline(const Fields& reference, const Fields& attachment) {
  const auto own = attachment.token("AttachmentName");
  const auto listed = reference.token("AttachmentName");
  if (own.empty() && listed.empty()) return nameless(reference);
  if (!own.empty() && !listed.empty() && own != listed) {
    return Failure(ErrorCode::value_invalid)
        .at(attachment.get("AttachmentName").xpath())
        .expected("the name in the manifest, " + std::string(listed.substr(0, 80)))
        .found(std::string(own.substr(0, 80)));
  }
  const auto either = [&](std::string_view name) {
    return std::string(attachment.token(name).empty() ? reference.text(name)
                                                      : attachment.text(name));
  };
  return InlineAttachment{.content_id = std::string(content_id(reference)),
                          .name = std::string(own.empty() ? listed : own),
                          .description = either("Description"),
                          .content_type = std::string(trimmed(either("ContentType"))),
                          .base64 = attachment.text("ContentTransferEncoded")};
}

Result<void> check_listed(const std::vector<Fields>& attachments, const ByContentId& listed) {
  for (const auto& attachment : attachments) {
    if (listed.contains(content_id(attachment))) continue;
    return Failure(ErrorCode::attachment_unlisted)
        .at(attachment.get("ContentId").xpath())
        .expected("a Reference of the manifest with this ContentId")
        .found(std::string(content_id(attachment).substr(0, 80)));
  }
  return success();
}

}  // namespace

Result<void> read_attachments(std::optional<xml::Element> body, std::optional<xml::Element> encoded,
                              DocumentContent& content) {
  std::optional<xml::Element> manifest;
  if (body) {
    TRUC_TRY(const auto fields, Fields::of(*body, kBodySlots));
    manifest = fields.find("edXMLManifest");
  }
  TRUC_TRY(const auto references, read_entries(manifest, kManifestSlots, kReferenceSlots));
  TRUC_TRY(const auto attachments, read_entries(encoded, kEncodedSlots, kAttachmentSlots));
  TRUC_TRY(const auto listed, by_content_id(references));
  TRUC_TRY(const auto inside, by_content_id(attachments));
  TRUC_TRY(check_listed(attachments, listed));
  for (const auto& reference : references) {
    const auto attachment = inside.find(content_id(reference));
    const bool is_beside = reference.find("Beside").has_value();
    if (is_beside && attachment != inside.end()) {
      return Failure(ErrorCode::value_invalid)
          .at(reference.get("ContentId").xpath())
          .expected("an attachment inside or beside")
          .found("both");
    }
    if (is_beside) {
      TRUC_TRY(auto beside, read_beside(reference));
      content.beside_attachments.push_back(std::move(beside));
    } else if (attachment != inside.end()) {
      TRUC_TRY(auto one, read_inline(reference, attachment->second));
      content.inline_attachments.push_back(std::move(one));
    } else {
      return Failure(ErrorCode::attachment_absent)
          .at(reference.get("ContentId").xpath())
          .expected("an Attachment with this ContentId, or Beside")
          .found(std::string(content_id(reference).substr(0, 80)));
    }
  }
  return success();
}

Result<std::string> decode_attachment(const InlineAttachment& attachment) {
  auto bytes = from_base64(attachment.base64);
  if (!bytes) return std::move(bytes).error().at("attachment " + attachment.content_id);
  if (bytes.value().empty())
    return Failure(ErrorCode::attachment_empty).at("attachment " + attachment.content_id);
  return bytes;
}

}  // namespace truc::edxml
