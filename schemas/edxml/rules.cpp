// What the standard asks beyond the shape of each element.
#include "schemas/edxml/rules.hpp"

#include <algorithm>
#include <unordered_set>

#include "schemas/edxml/base64.hpp"
#include "schemas/edxml/left_to_schema.hpp"
#include "schemas/edxml/read.hpp"
#include "schemas/edxml/reading_schema.hpp"
#include "schemas/edxml/secrecy.hpp"

namespace truc::edxml {
namespace {

using Path = std::vector<std::string_view>;
using Test = bool (*)(std::string_view);

// Calls `visit` with every element of the standard's namespace at the path below `from`, until it
// fails.
template <class Visit>
Result<void> for_each_at(xml::Element from, std::span<const std::string_view> path,
                         const Visit& visit) {
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
  Test is_secret;
};

std::vector<MarkPlace> mark_places() {
  const Path header = {"edXMLEnvelope", "edXMLHeader", "MessageHeader"};
  std::vector<MarkPlace> places;
  const auto in_header = [&](std::initializer_list<std::string_view> rest, Test test) {
    Path path = header;
    path.insert(path.end(), rest);
    places.push_back({std::move(path), test});
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

Result<void> check_secrecy(xml::Element root, Faults& faults) {
  static const std::vector<MarkPlace> places = mark_places();
  for (const auto& place : places) {
    TRUC_TRY(for_each_at(root, place.path, [&](xml::Element element) -> Result<void> {
      if (!place.is_secret(element.plain_text().value_or(""))) return success();
      return faults.add(Failure(ErrorCode::secret_marked)
                            .at(element.xpath())
                            .expected("a document that is not a state secret")
                            .found("a mark of secrecy"));
    }));
  }
  return success();
}

constexpr std::string_view kRecipientPath[] = {"edXMLEnvelope", "edXMLHeader", "MessageHeader",
                                               "To", "OrganId"};

Result<void> check_recipients(xml::Element root, Faults& faults) {
  std::size_t count = 0;
  std::unordered_set<std::string_view> seen;
  TRUC_TRY(for_each_at(root, kRecipientPath, [&](xml::Element element) -> Result<void> {
    ++count;
    const auto code = token_of(element);
    if (code.empty() || seen.insert(code).second) return success();
    return faults.add(Failure(ErrorCode::recipient_repeated)
                          .at(element.xpath())
                          .expected("every addressee once")
                          .found(std::string(code)));
  }));
  if (count <= limits::kRecipientsMax) return success();
  return faults.add(Failure(ErrorCode::too_many_recipients)
                        .at(root.xpath())
                        .expected("at most " + std::to_string(limits::kRecipientsMax))
                        .found(std::to_string(count)));
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
  const auto name = token_of(element);
  if (name.empty() || is_safe_name(name)) return success();
  return Failure(ErrorCode::attachment_name)
      .at(element.xpath())
      .expected("1 to 255 characters, no '/', no '\\', no control characters, no leading '.'")
      .found(std::string(name.substr(0, 80)));
}

Result<void> check_bytes(xml::Element element) {
  const auto text = element.plain_text();
  if (!text) return success();
  const auto size = base64_size(*text);
  if (!size) return located(size.error(), element);
  if (size.value() > 0) return success();
  return Failure(ErrorCode::attachment_empty)
      .at(element.xpath())
      .expected("at least one byte")
      .found("none");
}

Result<void> check_attachments(xml::Element root, Faults& faults) {
  const auto each = [&](std::span<const std::string_view> path, auto check) {
    return for_each_at(root, path, [&](xml::Element element) -> Result<void> {
      return faults.add_of(check(element));
    });
  };
  TRUC_TRY(each(kReferenceNamePath, check_name));
  TRUC_TRY(each(kAttachmentNamePath, check_name));
  return each(kBytesPath, check_bytes);
}

constexpr std::string_view kResponsePath[] = {"edXMLEnvelope", "edXMLHeader", "MessageHeader",
                                              "ResponseFor"};
constexpr std::string_view kBusinessPath[] = {"edXMLEnvelope", "edXMLHeader", "TraceHeaderList",
                                              "Bussiness"};

bool stands_at(xml::Element from, std::span<const std::string_view> path) {
  bool found = false;
  const auto visited = for_each_at(from, path, [&](xml::Element element) -> Result<void> {
    found |= element.first_child() || !token_of(element).empty();
    return success();
  });
  return visited && found;
}

// What a package of this type must name, and does not; null when nothing.
const char* missing_name(Business type, xml::Element root, xml::Element business) {
  constexpr std::string_view kOriginal[] = {"DocumentId"};
  constexpr std::string_view kReplaced[] = {"ReplacementInfoList", "ReplacementInfo"};
  if (type == Business::recall && !stands_at(root, kResponsePath))
    return "MessageHeader/ResponseFor, for a recall";
  if (type == Business::update && !stands_at(business, kOriginal))
    return "Bussiness/DocumentId, for an update";
  if (type == Business::replace && !stands_at(business, kReplaced))
    return "Bussiness/ReplacementInfoList/ReplacementInfo, for a replacement";
  return nullptr;
}

// Recall, update and replace name the documents that they are about.
Result<void> check_business(xml::Element root, Faults& faults) {
  constexpr std::string_view kType[] = {"BussinessDocType"};
  return for_each_at(root, kBusinessPath, [&](xml::Element business) {
    return for_each_at(business, kType, [&](xml::Element element) -> Result<void> {
      const auto type = read_business_type(element);
      if (!type) return success();
      const auto* missing = missing_name(type.value(), root, business);
      if (!missing) return success();
      return faults.add(Failure(ErrorCode::element_missing)
                            .at(root.xpath() + "/edXMLEnvelope/edXMLHeader")
                            .expected(missing)
                            .found("no such element"));
    });
  });
}

}  // namespace

Result<void> check_rules(xml::Element root, Faults& faults) {
  TRUC_TRY(check_secrecy(root, faults));
  TRUC_TRY(check_recipients(root, faults));
  TRUC_TRY(check_attachments(root, faults));
  return check_business(root, faults);
}

namespace {

// Of a status the schema says everything.
Result<void> check_beyond_schema(xml::Element root, PackageKind kind, Faults& faults) {
  return kind == PackageKind::status ? success() : check_rules(root, faults);
}

}  // namespace

Rules::Rules(xml::Validator validator)
    : state_(std::make_shared<const xml::Validator>(std::move(validator))) {}

Result<Rules> Rules::load() {
  TRUC_TRY(auto validator, xml::Validator::compile(kReadingSchema));
  return Rules(std::move(validator));
}

Result<void> Rules::judge(const xml::Document& document, PackageKind kind, Faults& faults) const {
  TRUC_TRY(state_->validate(document, faults));
  return check_beyond_schema(document.root(), kind, faults);
}

Result<ValidEnvelope> Rules::check(UntrustedEnvelope envelope) const {
  Faults first_only(0);
  const auto root = envelope.document().root();
  if (has_something_left_to_schema(root)) {
    TRUC_TRY(state_->validate(envelope.document(), first_only));
  }
  TRUC_TRY(check_beyond_schema(root, envelope.content().kind(), first_only));
  return ValidEnvelope(std::move(envelope));
}

}  // namespace truc::edxml
