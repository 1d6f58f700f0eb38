// The MessageHeader of a document and its TraceHeaderList.
#include "schemas/edxml/read.hpp"
#include "schemas/edxml/secrecy.hpp"

namespace truc::edxml {
namespace {

constexpr Slot kDocumentSlots[] = {
    {"From", Occurs::once, Form::group},
    {"To", Occurs::at_least_once, Form::group},
    {"Code", Occurs::once, Form::group},
    {"PromulgationInfo", Occurs::once, Form::group},
    {"DocumentType", Occurs::once, Form::group},
    {"Subject", Occurs::once, Form::filled, limits::kSubjectLengthMax},
    {"Content", Occurs::once, Form::text, limits::kSubjectLengthMax},
    {"SignerInfo", Occurs::once, Form::group},
    {"DueDate", Occurs::at_most_once},
    {"ToPlaces", Occurs::at_most_once, Form::group},
    {"OtherInfo", Occurs::at_most_once, Form::group},
    {"ResponseFor", Occurs::any_number, Form::group},
    {"SteeringType", Occurs::once},
    {"DocumentId", Occurs::once, Form::filled},
};
constexpr Slot kCodeSlots[] = {
    {"CodeNumber", Occurs::once, Form::filled},
    {"CodeNotation", Occurs::once, Form::filled},
};
constexpr Slot kPromulgationSlots[] = {
    {"Place", Occurs::at_most_once},
    {"PromulgationDate", Occurs::once, Form::filled},
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
constexpr Slot kOtherInfoSlots[] = {
    {"Priority", Occurs::at_most_once},
    {"Secret", Occurs::at_most_once},  // of the older generation; Rules look at it
    {"SphereOfPromulgation", Occurs::at_most_once},
    {"TyperNotation", Occurs::at_most_once},
    {"PromulgationAmount", Occurs::at_most_once},
    {"PageAmount", Occurs::at_most_once},
    {"Direction", Occurs::at_most_once},
    {"Appendixes", Occurs::at_most_once, Form::group},
};
constexpr Slot kAppendixesSlots[] = {{"Appendix", Occurs::any_number}};

constexpr Slot kTraceListSlots[] = {
    {"TraceHeader", Occurs::any_number, Form::open},
    {"Bussiness", Occurs::at_most_once, Form::group},
};
constexpr Slot kBusinessSlots[] = {
    {"BussinessDocType", Occurs::at_most_once},
    {"BussinessDocReason", Occurs::at_most_once},
    {"BussinessDocumentInfo", Occurs::at_most_once, Form::open},
    {"DocumentId", Occurs::at_most_once},
    {"StaffInfo", Occurs::at_most_once, Form::group},
    {"Paper", Occurs::at_most_once},
    {"ReplacementInfoList", Occurs::at_most_once, Form::group},
};
constexpr Slot kReplacementListSlots[] = {{"ReplacementInfo", Occurs::any_number, Form::group}};
constexpr Slot kReplacementSlots[] = {
    {"DocumentId", Occurs::once, Form::filled},
    {"OrganIdList", Occurs::at_most_once, Form::group},
};
constexpr Slot kOrganIdListSlots[] = {{"OrganId", Occurs::any_number, Form::filled}};

// An optional block reads like an empty one.
Result<std::optional<Fields>> fields_if_any(std::optional<xml::Element> element,
                                            std::span<const Slot> slots) {
  if (!element) return std::optional<Fields>();
  TRUC_TRY(auto fields, Fields::of(*element, slots));
  return std::optional<Fields>(std::move(fields));
}

Result<std::vector<std::string>> read_list(std::optional<xml::Element> element,
                                           std::span<const Slot> slots) {
  TRUC_TRY(const auto fields, fields_if_any(element, slots));
  return fields ? fields->strings(slots.front().name) : std::vector<std::string>();
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

Result<void> read_other_info(std::optional<xml::Element> element, DocumentContent& content) {
  TRUC_TRY(const auto fields, fields_if_any(element, kOtherInfoSlots));
  if (!fields) return success();
  if (carries_secrecy_mark(fields->text("Priority")))
    return Failure(ErrorCode::secret_marked).at(fields->get("Priority").xpath());
  TRUC_TRY(const int priority, fields->digit("Priority", 4));
  content.priority = static_cast<Priority>(priority);
  content.sphere_of_promulgation = fields->string("SphereOfPromulgation");
  content.typer_notation = fields->string("TyperNotation");
  content.promulgation_amount = fields->string("PromulgationAmount");
  content.page_amount = fields->string("PageAmount");
  content.direction = fields->string("Direction");
  TRUC_TRY(content.appendixes, read_list(fields->find("Appendixes"), kAppendixesSlots));
  return success();
}

Result<Replacement> read_replacement(xml::Element element) {
  TRUC_TRY(const auto fields, Fields::of(element, kReplacementSlots));
  TRUC_TRY(auto document_id, fields.parsed<DocumentId>("DocumentId"));
  Replacement replacement{.document_id = std::move(document_id), .organ_ids = {}};
  TRUC_TRY(const auto list, fields_if_any(fields.find("OrganIdList"), kOrganIdListSlots));
  if (!list) return replacement;
  for (const auto organ : list->all("OrganId")) {
    auto code = AgencyCode::parse(trimmed(organ.plain_text().value_or("")));
    if (!code) return located(std::move(code).error(), organ);
    replacement.organ_ids.push_back(std::move(code).value());
  }
  return replacement;
}

}  // namespace

Result<BusinessInfo> read_business(std::optional<xml::Element> trace_header_list) {
  BusinessInfo business;
  TRUC_TRY(const auto list, fields_if_any(trace_header_list, kTraceListSlots));
  if (!list) return business;
  TRUC_TRY(const auto fields, fields_if_any(list->find("Bussiness"), kBusinessSlots));
  if (!fields) return business;
  TRUC_TRY(const int type, fields->digit("BussinessDocType", 3));
  business.type = static_cast<Business>(type);
  business.reason = fields->string("BussinessDocReason");
  TRUC_TRY(business.document_id, fields->parsed_if_any<DocumentId>("DocumentId"));
  TRUC_TRY(business.staff, read_staff(fields->find("StaffInfo")));
  TRUC_TRY(const int paper, fields->digit("Paper", 1));
  business.paper_follows = paper == 1;
  TRUC_TRY(const auto replacements,
           fields_if_any(fields->find("ReplacementInfoList"), kReplacementListSlots));
  if (!replacements) return business;
  for (const auto element : replacements->all("ReplacementInfo")) {
    TRUC_TRY(auto replacement, read_replacement(element));
    business.replacements.push_back(std::move(replacement));
  }
  return business;
}

Result<DocumentContent> read_document(xml::Element message_header,
                                      std::optional<xml::Element> trace_header_list) {
  TRUC_TRY(const auto header, Fields::of(message_header, kDocumentSlots));
  TRUC_TRY(auto from, read_party(header.get("From")));
  TRUC_TRY(auto to, read_recipients(header));
  TRUC_TRY(const auto code, Fields::of(header.get("Code"), kCodeSlots));
  TRUC_TRY(const auto promulgation, Fields::of(header.get("PromulgationInfo"), kPromulgationSlots));
  TRUC_TRY(const auto promulgation_date, promulgation.date("PromulgationDate"));
  TRUC_TRY(const auto type, Fields::of(header.get("DocumentType"), kTypeSlots));
  TRUC_TRY(const auto signer, Fields::of(header.get("SignerInfo"), kSignerSlots));
  TRUC_TRY(const auto due_date, header.date("DueDate"));
  TRUC_TRY(auto to_places, read_list(header.find("ToPlaces"), kToPlacesSlots));
  TRUC_TRY(auto responses, read_responses(header));
  TRUC_TRY(const int steering_type, header.digit("SteeringType", 2));
  TRUC_TRY(auto document_id, header.parsed<DocumentId>("DocumentId"));
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
  TRUC_TRY(read_other_info(header.find("OtherInfo"), content));
  return content;
}

}  // namespace truc::edxml
