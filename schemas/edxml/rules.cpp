// What the standard asks beyond the shape of each element.
#include "schemas/edxml/rules.hpp"

#include <algorithm>
#include <functional>
#include <unordered_set>

#include "schemas/edxml/base64.hpp"
#include "schemas/edxml/fields.hpp"
#include "schemas/edxml/reading_schema.hpp"
#include "schemas/edxml/secrecy.hpp"

namespace truc::edxml {
namespace {

using Path = std::vector<std::string_view>;
using Judge = bool (*)(std::string_view);

// Calls `visit` with every element of the standard's namespace at the path below `from`, until it
// fails.
Result<void> for_each_at(xml::Element from, std::span<const std::string_view> path,
                         const std::function<Result<void>(xml::Element)>& visit) {
  if (path.empty()) return visit(from);
  for (auto child = from.first_child(); child; child = child->next_sibling()) {
    if (!child->is(kNamespace, path.front())) continue;
    TRUC_TRY(for_each_at(*child, path.subspan(1), visit));
  }
  return success();
}

// Where a mark of secrecy may stand, and what counts as one there.
struct MarkPlace {
  Path path;  // from the root
  Judge is_secret;
};

std::vector<MarkPlace> mark_places() {
  const Path header = {"edXMLEnvelope", "edXMLHeader", "MessageHeader"};
  std::vector<MarkPlace> places;
  const auto in_header = [&](std::initializer_list<std::string_view> rest, Judge judge) {
    Path path = header;
    path.insert(path.end(), rest);
    places.push_back({std::move(path), judge});
  };
  in_header({"OtherInfo", "Secret"}, is_secret_value);
  in_header({"Code", "CodeNumber"}, is_secret_notation);
  in_header({"Code", "CodeNotation"}, is_secret_notation);
  in_header({"Subject"}, carries_secrecy_mark);
  in_header({"Content"}, carries_secrecy_mark);
  for (const auto* name : {"Type", "TypeDetail", "TypeName"})
    in_header({"DocumentType", name}, carries_secrecy_mark);
  for (const auto* name : {"SphereOfPromulgation", "TyperNotation", "Direction"})
    in_header({"OtherInfo", name}, carries_secrecy_mark);
  in_header({"OtherInfo", "Appendixes", "Appendix"}, carries_secrecy_mark);
  for (const auto* name : {"AttachmentName", "Description"}) {
    places.push_back(
        {{"edXMLEnvelope", "edXMLBody", "edXMLManifest", "Reference", name}, carries_secrecy_mark});
    places.push_back({{"AttachmentEncoded", "Attachment", name}, carries_secrecy_mark});
  }
  return places;
}

Result<void> check_secrecy(xml::Element root) {
  static const std::vector<MarkPlace> places = mark_places();
  for (const auto& place : places) {
    TRUC_TRY(for_each_at(root, place.path, [&](xml::Element element) -> Result<void> {
      if (!place.is_secret(element.plain_text().value_or(""))) return success();
      return Failure(ErrorCode::secret_marked)
          .at(element.xpath())
          .expected("a document that is not a state secret")
          .found("a mark of secrecy");
    }));
  }
  return success();
}

constexpr std::string_view kRecipientPath[] = {"edXMLEnvelope", "edXMLHeader", "MessageHeader",
                                               "To", "OrganId"};

Result<void> check_recipients(xml::Element root, const DocumentContent& content) {
  if (content.to.size() > limits::kRecipientsMax) {
    return Failure(ErrorCode::too_many_recipients)
        .at(root.xpath())
        .expected("at most " + std::to_string(limits::kRecipientsMax))
        .found(std::to_string(content.to.size()));
  }
  std::unordered_set<std::string_view> seen;
  for (const auto& party : content.to) {
    if (seen.insert(party.organ_id.text()).second) continue;
    seen.clear();
    return for_each_at(root, kRecipientPath, [&](xml::Element element) -> Result<void> {
      const auto code = trimmed(element.plain_text().value_or(""));
      if (seen.insert(code).second) return success();
      return Failure(ErrorCode::recipient_repeated)
          .at(element.xpath())
          .expected("every addressee once")
          .found(std::string(code));
    });
  }
  return success();
}

// A name that may be given to any file system as it is, and that means nothing to a path.
bool is_safe_name(std::string_view name) {
  return !name.empty() && !name.starts_with('.') &&
         length_of(name) <= limits::kAttachmentNameLengthMax &&
         std::ranges::none_of(name, [](char c) {
           return static_cast<unsigned char>(c) < 0x20 || c == 0x7f || c == '/' || c == '\\';
         });
}

constexpr std::string_view kReferenceNamePath[] = {"edXMLEnvelope", "edXMLBody", "edXMLManifest",
                                                   "Reference", "AttachmentName"};
constexpr std::string_view kAttachmentNamePath[] = {"AttachmentEncoded", "Attachment",
                                                    "AttachmentName"};
constexpr std::string_view kBytesPath[] = {"AttachmentEncoded", "Attachment",
                                           "ContentTransferEncoded"};

// A blank one says nothing: the reader saw to it that the other place has the name.
Result<void> check_name(xml::Element element) {
  const auto name = trimmed(element.plain_text().value_or(""));
  if (name.empty() || is_safe_name(name)) return success();
  return Failure(ErrorCode::attachment_name)
      .at(element.xpath())
      .expected("1 to 255 characters, no '/', no '\\', no control characters, no leading '.'")
      .found(std::string(name.substr(0, 80)));
}

Result<void> check_bytes(xml::Element element) {
  const auto size = base64_size(element.plain_text().value_or(""));
  if (!size) return located(size.error(), element);
  if (size.value() > 0) return success();
  return Failure(ErrorCode::attachment_empty)
      .at(element.xpath())
      .expected("at least one byte")
      .found("none");
}

Result<void> check_attachments(xml::Element root) {
  TRUC_TRY(for_each_at(root, kReferenceNamePath, check_name));
  TRUC_TRY(for_each_at(root, kAttachmentNamePath, check_name));
  return for_each_at(root, kBytesPath, check_bytes);
}

// Recall, update and replace name the documents that they are about.
Result<void> check_business(xml::Element root, const DocumentContent& content) {
  const auto& business = content.business;
  const char* missing = nullptr;
  if (business.type == Business::recall && content.responses_for.empty())
    missing = "MessageHeader/ResponseFor, for a recall";
  if (business.type == Business::update && !business.document_id)
    missing = "Bussiness/DocumentId, for an update";
  if (business.type == Business::replace && business.replacements.empty())
    missing = "Bussiness/ReplacementInfoList/ReplacementInfo, for a replacement";
  if (!missing) return success();
  return Failure(ErrorCode::element_missing)
      .at(root.xpath() + "/edXMLEnvelope/edXMLHeader")
      .expected(missing)
      .found("no such element");
}

}  // namespace

Result<void> check_rules(const UntrustedEnvelope& envelope) {
  if (!envelope.content().document) return success();
  const auto root = envelope.document().root();
  const auto& content = *envelope.content().document;
  TRUC_TRY(check_secrecy(root));
  TRUC_TRY(check_recipients(root, content));
  TRUC_TRY(check_attachments(root));
  return check_business(root, content);
}

Rules::Rules(xml::Validator validator)
    : state_(std::make_shared<const xml::Validator>(std::move(validator))) {}

Result<Rules> Rules::load() {
  TRUC_TRY(auto validator, xml::Validator::compile(kReadingSchema));
  return Rules(std::move(validator));
}

Result<ValidEnvelope> Rules::check(UntrustedEnvelope envelope) const {
  TRUC_TRY(state_->validate(envelope.document()));
  TRUC_TRY(check_rules(envelope));
  return ValidEnvelope(std::move(envelope));
}

}  // namespace truc::edxml
