// An edXML package as Truc reads it, and the types that say how far it has been checked.
//
//   received bytes → UntrustedEnvelope (well-formed, read)
//                  → ValidEnvelope     (schema and rules of the standard hold)
//                  → pki::SignedEnvelope (signature, chain and revocation hold)
//
// Only the function that performs a check can make the next type. The received bytes are the
// document: they are carried along unchanged, and the content below is a view of them.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "schemas/base/bytes.hpp"
#include "schemas/base/faults.hpp"
#include "schemas/base/ids.hpp"
#include "schemas/edxml/names.hpp"
#include "schemas/xml/reader.hpp"
#include "schemas/xml/validator.hpp"

namespace truc::edxml {

// From and To: the agency's card.
struct Party {
  AgencyCode organ_id;
  std::string organization_in_charge;
  std::string organ_name;
  std::string organ_add;
  std::string email;
  std::string telephone;
  std::string fax;
  std::string website;

  bool operator==(const Party&) const = default;
};

// "7816/VPCP-TTĐT": CodeNumber "7816", CodeNotation "VPCP-TTĐT".
struct Code {
  std::string number;
  std::string notation;

  bool operator==(const Code&) const = default;
};

// ResponseFor: the document that this package answers, recalls or reports on. `organ_id` names that
// document's sender.
struct ResponseFor {
  AgencyCode organ_id;
  Code code;
  std::optional<std::chrono::year_month_day> promulgation_date;
  DocumentId document_id;

  bool operator==(const ResponseFor&) const = default;
};

struct StaffInfo {
  std::string department;
  std::string staff;
  std::string mobile;
  std::string email;

  bool operator==(const StaffInfo&) const = default;
};

struct Replacement {
  DocumentId document_id;
  std::vector<AgencyCode> organ_ids;

  bool operator==(const Replacement&) const = default;
};

// Bussiness of the TraceHeaderList.
struct BusinessInfo {
  Business type = Business::create;
  std::string reason;
  std::optional<DocumentId> document_id;  // the original of an update
  StaffInfo staff;
  bool paper_follows = false;
  std::vector<Replacement> replacements;

  bool operator==(const BusinessInfo&) const = default;
};

// An attachment inside the envelope; `base64` is a view into the Document's tree.
struct InlineAttachment {
  std::string content_id;  // without "cid:"
  std::string name;
  std::string description;
  std::string content_type;
  std::string_view base64;

  bool operator==(const InlineAttachment&) const = default;
};

// An attachment that travels beside the envelope, bound by digest in the signed manifest.
struct BesideAttachment {
  std::string content_id;  // without "cid:"
  std::string name;
  std::string description;
  std::string content_type;
  Sha256 sha256;
  std::uint64_t size = 0;  // bytes, at least 1

  bool operator==(const BesideAttachment&) const = default;
};

struct DocumentContent {
  Party from;
  std::vector<Party> to;  // at least one, every organ_id once
  Code code;
  std::string place;
  std::chrono::year_month_day promulgation_date;
  std::string document_type;         // Type, as written
  std::string document_type_detail;  // TypeDetail
  std::string document_type_name;    // TypeName
  std::string subject;
  std::string content;
  std::string signer_competence;
  std::string signer_position;
  std::string signer_name;
  std::optional<std::chrono::year_month_day> due_date;
  std::vector<std::string> to_places;
  Priority priority = Priority::normal;
  std::string sphere_of_promulgation;
  std::string typer_notation;
  std::string promulgation_amount;
  std::string page_amount;
  std::string direction;
  std::vector<std::string> appendixes;
  std::vector<ResponseFor> responses_for;
  int steering_type = 0;  // 0 none, 1 steering, 2 report on a steering document
  DocumentId document_id;
  BusinessInfo business;
  std::vector<InlineAttachment> inline_attachments;
  std::vector<BesideAttachment> beside_attachments;

  bool operator==(const DocumentContent&) const = default;
};

struct StatusContent {
  ResponseFor response_for;  // names the addressee; a status package has no To
  Party from;
  StatusCode code = StatusCode::arrived;
  std::string description;
  StaffInfo staff;
  Time timestamp;
  // Status packages carry no DocumentId of their own; this one is derived so that a status, too,
  // has an identity under which it is sent once: "status:<response organ>:<response
  // document>:<code>:<timestamp>", and where that is longer than a DocumentId may be, with the
  // name-based UUID (RFC 9562, version 5) of the response document.
  DocumentId derived_id;

  bool operator==(const StatusContent&) const = default;
};

enum class PackageKind : std::uint8_t { document, status };

// What one package says, whichever kind it is; exactly one of the two is set.
struct PackageContent {
  std::optional<DocumentContent> document;
  std::optional<StatusContent> status;

  PackageKind kind() const { return document ? PackageKind::document : PackageKind::status; }
  const Party& from() const { return document ? document->from : status->from; }
  const DocumentId& id() const { return document ? document->document_id : status->derived_id; }
};

// Well-formed and read, nothing more. Movable only.
class UntrustedEnvelope {
 public:
  const std::string& bytes() const { return *bytes_; }
  std::shared_ptr<const std::string> shared_bytes() const { return bytes_; }
  const PackageContent& content() const { return *content_; }
  const xml::Document& document() const { return document_; }

 private:
  friend Result<UntrustedEnvelope> read_parsed(std::shared_ptr<const std::string> bytes,
                                               xml::Document document);
  UntrustedEnvelope(std::shared_ptr<const std::string> bytes, xml::Document document,
                    std::unique_ptr<const PackageContent> content)
      : bytes_(std::move(bytes)), document_(std::move(document)), content_(std::move(content)) {}

  std::shared_ptr<const std::string> bytes_;
  xml::Document document_;
  std::unique_ptr<const PackageContent> content_;  // a kilobyte and a half, handed on many times
};

// Takes what real systems write: any child order, default or prefixed namespace, "cid:" in one
// place and not in the other, 35-character codes, dates also as dd/MM/yyyy. Everything it reads is
// plain text (no comments, CDATA or elements inside values). Failures: those of
// xml::Document::parse, and the 31xx codes, each with XPath, expected and found.
Result<UntrustedEnvelope> read_envelope(std::string bytes,
                                        const xml::ReadLimits& limits = xml::ReadLimits{});

class Rules;
struct Linted;

// Schema and the standard's rules hold. Movable only.
class ValidEnvelope {
 public:
  const UntrustedEnvelope& envelope() const { return envelope_; }
  const PackageContent& content() const { return envelope_.content(); }
  const xml::Document& document() const { return envelope_.document(); }
  const std::string& bytes() const { return envelope_.bytes(); }

 private:
  friend class Rules;
  friend Result<Linted> lint(const Rules& rules, std::string bytes, Faults& faults);
  explicit ValidEnvelope(UntrustedEnvelope envelope) : envelope_(std::move(envelope)) {}
  UntrustedEnvelope envelope_;
};

// The compiled schema and the rules that a schema cannot say. Made once; any number of threads.
class Rules {
 public:
  // Failure: internal when the built-in schema does not compile.
  static Result<Rules> load();

  // Schema, repeated recipients, manifest against attachments, attachment names, base64 form,
  // emptiness, limits, secrecy mark anywhere it may stand (secret_marked).
  Result<ValidEnvelope> check(UntrustedEnvelope envelope) const;

 private:
  friend Result<Linted> lint(const Rules& rules, std::string bytes, Faults& faults);
  explicit Rules(xml::Validator validator);
  // What check() does, into `faults`.
  Result<void> judge(const xml::Document& document, PackageKind kind, Faults& faults) const;
  std::shared_ptr<const xml::Validator> state_;
};

// The bytes of an inline attachment. Failure: attachment_encoding, attachment_empty.
Result<std::string> decode_attachment(const InlineAttachment& attachment);

}  // namespace truc::edxml
