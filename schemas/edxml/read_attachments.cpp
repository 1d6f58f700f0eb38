// The manifest and what it lists: every Reference has its bytes in exactly one place, and every
// Attachment its Reference.
#include <charconv>
#include <map>

#include "schemas/edxml/base64.hpp"
#include "schemas/edxml/read.hpp"

namespace truc::edxml {
namespace {

constexpr Slot kReferenceSlots[] = {
    {"ContentId", Occurs::once, Form::filled},
    {"ContentType", Occurs::at_most_once},
    {"Description", Occurs::at_most_once},
    {"AttachmentName", Occurs::at_most_once},
    {"Beside", Occurs::at_most_once, Form::text, 0, kTrucNamespace},
};
constexpr Slot kManifestSlots[] = {group("Reference", Occurs::any_number, kReferenceSlots)};
constexpr Slot kBodySlots[] = {group("edXMLManifest", Occurs::at_most_once, kManifestSlots)};
constexpr Slot kAttachmentSlots[] = {
    {"ContentId", Occurs::once, Form::filled},
    {"AttachmentName", Occurs::at_most_once},
    {"Description", Occurs::at_most_once},
    {"ContentType", Occurs::at_most_once},
    {"ContentTransferEncoded", Occurs::once, Form::text, limits::kXmlTextBytesMax},
};
constexpr Slot kEncodedSlots[] = {group("Attachment", Occurs::any_number, kAttachmentSlots)};

// By ContentId without "cid:", which real packages write in one place and not in the other.
using ByContentId = std::map<std::string_view, const Fields*, std::less<>>;

// Else that is among the faults.
bool has_content_id(const Fields& fields) {
  return !fields.token("ContentId").empty();
}

std::string_view content_id(const Fields& fields) {
  auto id = fields.token("ContentId");
  if (id.starts_with("cid:")) id.remove_prefix(4);
  return id;
}

Result<std::vector<Fields>> read_entries(std::optional<xml::Element> parent,
                                         std::span<const Slot> slots, Faults& faults) {
  std::vector<Fields> entries;
  if (!parent) return entries;
  TRUC_TRY(const auto list, Fields::of(*parent, slots, faults));
  for (const auto element : list.all(slots.front().name)) {
    if (entries.size() == limits::kAttachmentsMax) {
      TRUC_TRY(faults.add(Failure(ErrorCode::too_many_attachments)
                              .at(element.xpath())
                              .expected("at most " + std::to_string(limits::kAttachmentsMax))
                              .found("more")));
      break;
    }
    TRUC_TRY(auto fields, Fields::of(element, slots.front().inside, faults));
    entries.push_back(std::move(fields));
  }
  return entries;
}

Result<ByContentId> by_content_id(const std::vector<Fields>& entries, Faults& faults) {
  ByContentId found;
  for (const auto& entry : entries) {
    const auto id = content_id(entry);
    if (!has_content_id(entry) || found.emplace(id, &entry).second) continue;
    TRUC_TRY(faults.add(Failure(ErrorCode::element_repeated)
                            .at(entry.get("ContentId").xpath())
                            .expected("every ContentId once")
                            .found(std::string(id.substr(0, 80)))));
  }
  return found;
}

// What is there has a name, in one of the two places.
Result<void> check_named(const Fields& reference, const Fields* attachment, Faults& faults) {
  if (!attachment && !reference.find("Beside")) return success();
  if (!reference.token("AttachmentName").empty()) return success();
  if (attachment && !attachment->token("AttachmentName").empty()) return success();
  return faults.add(Failure(ErrorCode::attachment_name)
                        .at(reference.element().xpath())
                        .expected("AttachmentName")
                        .found("no name"));
}

Result<BesideAttachment> read_beside(const Fields& reference) {
  const auto element = *reference.find("Beside");
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
        .found(std::string(size->substr(0, 40)));
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

Result<void> check_listed(const std::vector<Fields>& attachments, const ByContentId& listed,
                          Faults& faults) {
  for (const auto& attachment : attachments) {
    const auto id = content_id(attachment);
    if (!has_content_id(attachment) || listed.contains(id)) continue;
    TRUC_TRY(faults.add(Failure(ErrorCode::attachment_unlisted)
                            .at(attachment.get("ContentId").xpath())
                            .expected("a Reference of the manifest with this ContentId")
                            .found(std::string(id.substr(0, 80)))));
  }
  return success();
}

// Appends to `into` what the Reference lists; `attachment` is the one of its ContentId, if any.
Result<void> read_listed(const Fields& reference, const Fields* attachment, Attachments& into) {
  if (reference.find("Beside")) {
    if (attachment) {
      return Failure(ErrorCode::value_invalid)
          .at(reference.get("ContentId").xpath())
          .expected("an attachment inside or beside")
          .found("both");
    }
    TRUC_TRY(auto beside, read_beside(reference));
    into.beside.push_back(std::move(beside));
    return success();
  }
  if (!attachment) {
    return Failure(ErrorCode::attachment_absent)
        .at(reference.get("ContentId").xpath())
        .expected("an Attachment with this ContentId, or Beside")
        .found(std::string(content_id(reference).substr(0, 80)));
  }
  TRUC_TRY(auto inside, read_inline(reference, *attachment));
  into.inside.push_back(std::move(inside));
  return success();
}

}  // namespace

Result<Attachments> read_attachments(std::optional<xml::Element> body,
                                     std::optional<xml::Element> encoded, Faults& faults) {
  std::optional<xml::Element> manifest;
  if (body) {
    TRUC_TRY(const auto fields, Fields::of(*body, kBodySlots, faults));
    manifest = fields.find("edXMLManifest");
  }
  TRUC_TRY(const auto references, read_entries(manifest, kManifestSlots, faults));
  TRUC_TRY(const auto attachments, read_entries(encoded, kEncodedSlots, faults));
  TRUC_TRY(const auto listed, by_content_id(references, faults));
  TRUC_TRY(const auto inside, by_content_id(attachments, faults));
  TRUC_TRY(check_listed(attachments, listed, faults));
  Attachments read;
  for (const auto& reference : references) {
    if (!has_content_id(reference)) continue;
    const auto found = inside.find(content_id(reference));
    const auto* attachment = found == inside.end() ? nullptr : found->second;
    TRUC_TRY(check_named(reference, attachment, faults));
    TRUC_TRY(faults.add_of(read_listed(reference, attachment, read)));
  }
  return read;
}

Result<std::string> decode_attachment(const InlineAttachment& attachment) {
  auto bytes = from_base64(attachment.base64);
  if (!bytes) return std::move(bytes).error().at("attachment " + attachment.content_id);
  if (bytes.value().empty())
    return Failure(ErrorCode::attachment_empty).at("attachment " + attachment.content_id);
  return bytes;
}

}  // namespace truc::edxml
