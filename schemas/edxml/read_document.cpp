// The MessageHeader of a document and its TraceHeaderList.
#include "schemas/edxml/read.hpp"
#include "schemas/edxml/secrecy.hpp"

namespace truc::edxml {
namespace {

constexpr Slot kCodeSlots[] = {
    {"CodeNumber", Occurs::once, Form::filled},
    {"CodeNotation", Occurs::once, Form::filled},
};
constexpr Slot kPromulgationSlots[] = {
    {"Place", Occurs::at_most_once},
    value<read_date>("PromulgationDate", Occurs::once, Form::filled),
};
constexpr Slot kTypeSlots[] = {
    {"Type", Occurs::at_most_once},
    {"TypeDetail", Occurs::at_most_once},
    {"TypeName", Occurs::at_most_once},
};
constexpr Slot kSignerSlots[] = {
    {"Competence", Occurs::at_most_once},
    {"Position", Occurs::at_most_once},
    {"FullName", Occurs::at_most_once},
};
constexpr Slot kToPlacesSlots[] = {{"Place", Occurs::any_number}};
constexpr Slot kAppendixesSlots[] = {{"Appendix", Occurs::any_number}};

// Here as elsewhere a mark of secrecy is more than a wrong value.
Result<int> read_priority(xml::Element element) {
  if (carries_secrecy_mark(element.plain_text().value_or("")))
    return Failure(ErrorCode::secret_marked).at(element.xpath());
  return read_digit(element, 4);
}

constexpr Slot kOtherInfoSlots[] = {
    value<read_priority>("Priority", Occurs::at_most_once),
    {"Secret", Occurs::at_most_once},  // of the older generation; Rules look at it
    {"SphereOfPromulgation", Occurs::at_most_once},
    {"TyperNotation", Occurs::at_most_once},
    {"PromulgationAmount", Occurs::at_most_once},
    {"PageAmount", Occurs::at_most_once},
    {"Direction", Occurs::at_most_once},
    group("Appendixes", Occurs::at_most_once, kAppendixesSlots),
};
constexpr Slot kDocumentSlots[] = {
    group("From", Occurs::once, kPartySlots),
    group("To", Occurs::at_least_once, kPartySlots),
    group("Code", Occurs::once, kCodeSlots),
    group("PromulgationInfo", Occurs::once, kPromulgationSlots),
    group("DocumentType", Occurs::once, kTypeSlots),
    {"Subject", Occurs::once, Form::filled, limits::kSubjectLengthMax},
    {"Content", Occurs::once, Form::text, limits::kSubjectLengthMax},
    group("SignerInfo", Occurs::once, kSignerSlots),
    value<read_date>("DueDate", Occurs::at_most_once),
    group("ToPlaces", Occurs::at_most_once, kToPlacesSlots),
    group("OtherInfo", Occurs::at_most_once, kOtherInfoSlots),
    group("ResponseFor", Occurs::any_number, kResponseForSlots),
    value<read_digit_to<2>>("SteeringType", Occurs::once),
    value<read_document_id>("DocumentId", Occurs::once, Form::filled),
};

constexpr Slot kOrganIdListSlots[] = {
    value<read_agency_code>("OrganId", Occurs::any_number, Form::filled)};
constexpr Slot kReplacementSlots[] = {
    value<read_document_id>("DocumentId", Occurs::once, Form::filled),
    group("OrganIdList", Occurs::at_most_once, kOrganIdListSlots),
};
constexpr Slot kReplacementListSlots[] = {
    group("ReplacementInfo", Occurs::any_number, kReplacementSlots)};
constexpr Slot kBusinessSlots[] = {
    value<read_business_type>("BussinessDocType", Occurs::at_most_once),
    {"BussinessDocReason", Occurs::at_most_once},
    {"BussinessDocumentInfo", Occurs::at_most_once, Form::open},
    value<read_document_id_if_any>("DocumentId", Occurs::at_most_once),
    group("StaffInfo", Occurs::at_most_once, kStaffSlots),
    value<read_digit_to<1>>("Paper", Occurs::at_most_once),
    group("ReplacementInfoList", Occurs::at_most_once, kReplacementListSlots),
};
constexpr Slot kTraceListSlots[] = {
    {"TraceHeader", Occurs::any_number, Form::open},
    group("Bussiness", Occurs::at_most_once, kBusinessSlots),
};

// The texts of an optional list; an absent one reads like an empty one.
Result<std::vector<std::string>> read_list(const Fields& parent, std::string_view name) {
  TRUC_TRY(const auto list, parent.inside_if_any(name));
  return list ? list->strings(list->slots().front().name) : std::vector<std::string>();
}

Result<std::vector<Party>> read_recipients(const Fields& header) {
  std::vector<Party> recipients;
  for (const auto element : header.all("To")) {
    TRUC_TRY(auto party, read_party(element));
    recipients.push_back(std::move(party));
  }
  return recipients;
}

Result<std::vector<ResponseFor>> read_responses(const Fields& header) {
  std::vector<ResponseFor> responses;
  for (const auto element : header.all("ResponseFor")) {
    TRUC_TRY(auto response, read_response_for(element));
    responses.push_back(std::move(response));
  }
  return responses;
}

Result<void> read_other_info(const Fields& header, DocumentContent& content) {
  TRUC_TRY(const auto fields, header.inside_if_any("OtherInfo"));
  if (!fields) return success();
  TRUC_TRY(const int priority, fields->read_if_any<read_priority>("Priority"));
  content.priority = static_cast<Priority>(priority);
  content.sphere_of_promulgation = fields->string("SphereOfPromulgation");
  content.typer_notation = fields->string("TyperNotation");
  content.promulgation_amount = fields->string("PromulgationAmount");
  content.page_amount = fields->string("PageAmount");
  content.direction = fields->string("Direction");
  TRUC_TRY(content.appendixes, read_list(*fields, "Appendixes"));
  return success();
}

Result<Replacement> read_replacement(xml::Element element) {
  TRUC_TRY(const auto fields, Fields::of(element, kReplacementSlots));
  TRUC_TRY(auto document_id, fields.read<read_document_id>("DocumentId"));
  Replacement replacement{.document_id = std::move(document_id), .organ_ids = {}};
  TRUC_TRY(const auto list, fields.inside_if_any("OrganIdList"));
  if (!list) return replacement;
  for (const auto organ : list->all("OrganId")) {
    TRUC_TRY(auto code, read_agency_code(organ));
    replacement.organ_ids.push_back(std::move(code));
  }
  return replacement;
}

Result<BusinessInfo> read_business(std::optional<xml::Element> trace_header_list) {
  BusinessInfo business;
  if (!trace_header_list) return business;
  TRUC_TRY(const auto list, Fields::of(*trace_header_list, kTraceListSlots));
  TRUC_TRY(const auto fields, list.inside_if_any("Bussiness"));
  if (!fields) return business;
  TRUC_TRY(business.type, fields->read_if_any<read_business_type>("BussinessDocType"));
  business.reason = fields->string("BussinessDocReason");
  TRUC_TRY(business.document_id, fields->read_if_any<read_document_id_if_any>("DocumentId"));
  TRUC_TRY(business.staff, read_staff(fields->find("StaffInfo")));
  TRUC_TRY(const int paper, fields->read_if_any<read_digit_to<1>>("Paper"));
  business.paper_follows = paper == 1;
  TRUC_TRY(const auto replacements, fields->inside_if_any("ReplacementInfoList"));
  if (!replacements) return business;
  for (const auto element : replacements->all("ReplacementInfo")) {
    TRUC_TRY(auto replacement, read_replacement(element));
    business.replacements.push_back(std::move(replacement));
  }
  return business;
}

}  // namespace

constinit const std::span<const Slot> kDocumentHeader = kDocumentSlots;
constinit const std::span<const Slot> kTraceHeaderList = kTraceListSlots;

Result<Business> read_business_type(xml::Element element) {
  TRUC_TRY(const int digit, read_digit(element, 3));
  return static_cast<Business>(digit);
}

Result<DocumentContent> read_document(xml::Element message_header,
                                      std::optional<xml::Element> trace_header_list) {
  TRUC_TRY(const auto header, Fields::of(message_header, kDocumentSlots));
  TRUC_TRY(auto from, read_party(header.get("From")));
  TRUC_TRY(auto to, read_recipients(header));
  TRUC_TRY(const auto code, header.inside("Code"));
  TRUC_TRY(const auto promulgation, header.inside("PromulgationInfo"));
  TRUC_TRY(const auto promulgation_date, promulgation.read<read_date>("PromulgationDate"));
  TRUC_TRY(const auto type, header.inside("DocumentType"));
  TRUC_TRY(const auto signer, header.inside("SignerInfo"));
  TRUC_TRY(const auto due_date, header.read_if_any<read_date>("DueDate"));
  TRUC_TRY(auto to_places, read_list(header, "ToPlaces"));
  TRUC_TRY(auto responses, read_responses(header));
  TRUC_TRY(const int steering_type, header.read<read_digit_to<2>>("SteeringType"));
  TRUC_TRY(auto document_id, header.read<read_document_id>("DocumentId"));
  TRUC_TRY(auto business, read_business(trace_header_list));
  DocumentContent content{
      .from = std::move(from),
      .to = std::move(to),
      .code = {std::string(code.token("CodeNumber")), std::string(code.token("CodeNotation"))},
      .place = promulgation.string("Place"),
      .promulgation_date = *promulgation_date,
      .document_type = type.string("Type"),
      .document_type_detail = type.string("TypeDetail"),
      .document_type_name = type.string("TypeName"),
      .subject = header.string("Subject"),
      .content = header.string("Content"),
      .signer_competence = signer.string("Competence"),
      .signer_position = signer.string("Position"),
      .signer_name = signer.string("FullName"),
      .due_date = due_date,
      .to_places = std::move(to_places),
      .sphere_of_promulgation = {},
      .typer_notation = {},
      .promulgation_amount = {},
      .page_amount = {},
      .direction = {},
      .appendixes = {},
      .responses_for = std::move(responses),
      .steering_type = steering_type,
      .document_id = std::move(document_id),
      .business = std::move(business),
      .inline_attachments = {},
      .beside_attachments = {},
  };
  TRUC_TRY(read_other_info(header, content));
  return content;
}

}  // namespace truc::edxml
