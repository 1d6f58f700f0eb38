#include "schemas/edxml/write.hpp"

#include "schemas/edxml/base64.hpp"
#include "schemas/edxml/rules.hpp"
#include "schemas/edxml/xml_text.hpp"

namespace truc::edxml {
namespace {

bool is_blank(const StaffInfo& staff) {
  return staff.department.empty() && staff.staff.empty() && staff.mobile.empty() &&
         staff.email.empty();
}

std::string two_digits(int value) {
  return value < 10 ? "0" + std::to_string(value) : std::to_string(value);
}

void write_party(XmlText& xml, std::string_view name, const Party& party) {
  xml.open(name);
  xml.token("OrganId", party.organ_id.text());
  xml.text_if_any("OrganizationInCharge", party.organization_in_charge);
  xml.text("OrganName", party.organ_name);
  xml.text_if_any("OrganAdd", party.organ_add);
  xml.text_if_any("Email", party.email);
  xml.text_if_any("Telephone", party.telephone);
  xml.text_if_any("Fax", party.fax);
  xml.text_if_any("Website", party.website);
  xml.close();
}

void write_staff(XmlText& xml, const StaffInfo& staff) {
  if (is_blank(staff)) return;
  xml.open("StaffInfo");
  xml.text_if_any("Department", staff.department);
  xml.text_if_any("Staff", staff.staff);
  xml.text_if_any("Mobile", staff.mobile);
  xml.text_if_any("Email", staff.email);
  xml.close();
}

// The first '/' parts number and notation, so that a number may not have one.
void write_response_for(XmlText& xml, const ResponseFor& response) {
  xml.open("ResponseFor");
  xml.token("OrganId", response.organ_id.text());
  const auto& code = response.code;
  if (code.number.find('/') != std::string::npos)
    xml.refuse("Code", "a number without '/'", code.number);
  xml.token_if_any("Code", code.notation.empty() ? code.number : code.number + '/' + code.notation);
  if (response.promulgation_date)
    xml.text("PromulgationDate", to_national_date(*response.promulgation_date));
  xml.token("DocumentId", response.document_id.text());
  xml.close();
}

bool has_other_info(const DocumentContent& content) {
  return content.priority != Priority::normal || !content.sphere_of_promulgation.empty() ||
         !content.typer_notation.empty() || !content.promulgation_amount.empty() ||
         !content.page_amount.empty() || !content.direction.empty() || !content.appendixes.empty();
}

void write_list(XmlText& xml, std::string_view name, std::string_view entry,
                const std::vector<std::string>& values) {
  if (values.empty()) return;
  xml.open(name);
  for (const auto& value : values) xml.text(entry, value);
  xml.close();
}

void write_other_info(XmlText& xml, const DocumentContent& content) {
  if (!has_other_info(content)) return;
  xml.open("OtherInfo");
  xml.text("Priority", std::to_string(static_cast<int>(content.priority)));
  xml.text_if_any("SphereOfPromulgation", content.sphere_of_promulgation);
  xml.text_if_any("TyperNotation", content.typer_notation);
  xml.text_if_any("PromulgationAmount", content.promulgation_amount);
  xml.text_if_any("PageAmount", content.page_amount);
  xml.text_if_any("Direction", content.direction);
  write_list(xml, "Appendixes", "Appendix", content.appendixes);
  xml.close();
}

void write_message_header(XmlText& xml, const DocumentContent& content) {
  xml.open("MessageHeader");
  write_party(xml, "From", content.from);
  for (const auto& party : content.to) write_party(xml, "To", party);
  xml.open("Code");
  xml.token("CodeNumber", content.code.number);
  xml.token("CodeNotation", content.code.notation);
  xml.close();
  xml.open("PromulgationInfo");
  xml.text_if_any("Place", content.place);
  xml.text("PromulgationDate", to_national_date(content.promulgation_date));
  xml.close();
  xml.open("DocumentType");
  xml.text_if_any("Type", content.document_type);
  xml.text_if_any("TypeDetail", content.document_type_detail);
  xml.text_if_any("TypeName", content.document_type_name);
  xml.close();
  xml.text("Subject", content.subject);
  xml.text("Content", content.content);
  xml.open("SignerInfo");
  xml.text_if_any("Competence", content.signer_competence);
  xml.text_if_any("Position", content.signer_position);
  xml.text_if_any("FullName", content.signer_name);
  xml.close();
  if (content.due_date) xml.text("DueDate", to_national_date(*content.due_date));
  write_list(xml, "ToPlaces", "Place", content.to_places);
  write_other_info(xml, content);
  for (const auto& response : content.responses_for) write_response_for(xml, response);
  xml.text("SteeringType", std::to_string(content.steering_type));
  xml.token("DocumentId", content.document_id.text());
  xml.close();
}

void write_trace(XmlText& xml, const DocumentContent& content, Time now) {
  const auto& business = content.business;
  xml.open("TraceHeaderList");
  xml.open("TraceHeader");
  xml.token("OrganId", content.from.organ_id.text());
  xml.text("Timestamp", to_national(now));
  xml.close();
  xml.open("Bussiness");
  xml.text("BussinessDocType", std::to_string(static_cast<int>(business.type)));
  xml.text_if_any("BussinessDocReason", business.reason);
  if (business.document_id) xml.token("DocumentId", business.document_id->text());
  write_staff(xml, business.staff);
  xml.text("Paper", business.paper_follows ? "1" : "0");
  if (!business.replacements.empty()) xml.open("ReplacementInfoList");
  for (const auto& replacement : business.replacements) {
    xml.open("ReplacementInfo");
    xml.token("DocumentId", replacement.document_id.text());
    if (!replacement.organ_ids.empty()) xml.open("OrganIdList");
    for (const auto& organ : replacement.organ_ids) xml.token("OrganId", organ.text());
    if (!replacement.organ_ids.empty()) xml.close();
    xml.close();
  }
  if (!business.replacements.empty()) xml.close();
  xml.close();
  xml.close();
}

// What a Reference says of either kind of attachment.
template <class Attachment>
void write_reference(XmlText& xml, const Attachment& attachment) {
  xml.token("ContentId", "cid:" + attachment.content_id);
  xml.token_if_any("ContentType", attachment.content_type);
  xml.text_if_any("Description", attachment.description);
  xml.token("AttachmentName", attachment.name);
}

void write_body(XmlText& xml, const DocumentContent& content,
                const std::vector<AttachmentBytes>& inside) {
  xml.open("edXMLBody");
  xml.open("edXMLManifest", " version=\"1.0\"");
  for (const auto& attachment : inside) {
    xml.open("Reference");
    write_reference(xml, attachment);
    xml.close();
  }
  for (const auto& attachment : content.beside_attachments) {
    xml.open("Reference");
    write_reference(xml, attachment);
    xml.beside(attachment.sha256, attachment.size);
    xml.close();
  }
  xml.close();
  xml.close();
}

void write_encoded(XmlText& xml, const std::vector<AttachmentBytes>& inside) {
  if (inside.empty()) return;
  xml.open("AttachmentEncoded");
  for (const auto& attachment : inside) {
    xml.open("Attachment");
    xml.token("ContentId", "cid:" + attachment.content_id);
    xml.token("AttachmentName", attachment.name);
    xml.text_if_any("Description", attachment.description);
    xml.token_if_any("ContentType", attachment.content_type);
    xml.text("ContentTransferEncoded", to_base64(attachment.bytes));
    xml.close();
  }
  xml.close();
}

// What was written is read as anybody else will read it: whatever is missing, too long or not
// allowed is refused with its place before it leaves.
Result<std::string> read_back(std::string bytes) {
  TRUC_TRY(const auto envelope, read_envelope(std::move(bytes)));
  if (envelope.content().kind() == PackageKind::document) {
    Faults first_only(0);
    TRUC_TRY(check_rules(envelope.document().root(), first_only));
  }
  return envelope.bytes();
}

}  // namespace

Result<std::string> write_document(const DocumentContent& content,
                                   const std::vector<AttachmentBytes>& inside, Time now) {
  XmlText xml;
  xml.open_root();
  xml.open("edXMLEnvelope");
  xml.open("edXMLHeader");
  write_message_header(xml, content);
  write_trace(xml, content, now);
  xml.close();
  write_body(xml, content, inside);
  xml.close();
  write_encoded(xml, inside);
  xml.close();
  TRUC_TRY(auto bytes, std::move(xml).take());
  return read_back(std::move(bytes));
}

Result<std::string> write_status(const StatusContent& content) {
  XmlText xml;
  xml.open_root();
  xml.open("edXMLEnvelope");
  xml.open("edXMLHeader");
  xml.open("MessageHeader");
  write_response_for(xml, content.response_for);
  write_party(xml, "From", content.from);
  xml.text("StatusCode", two_digits(static_cast<int>(content.code)));
  xml.text_if_any("Description", content.description);
  write_staff(xml, content.staff);
  xml.text("Timestamp", to_national(content.timestamp));
  for (int level = 0; level < 4; ++level) xml.close();
  TRUC_TRY(auto bytes, std::move(xml).take());
  return read_back(std::move(bytes));
}

}  // namespace truc::edxml
