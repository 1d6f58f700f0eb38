#include "hub/ingest/admission.hpp"

#include "hub/directory/representation.hpp"
#include "hub/ingest/beside.hpp"
#include "hub/ingest/regarded.hpp"
#include "hub/routing/places.hpp"
#include "hub/routing/router.hpp"
#include "pki/crypto/digest.hpp"
#include "schemas/base/limits.hpp"

namespace truc::hub {
namespace {

using edxml::PackageKind;

Result<void> require_size(std::string_view bytes) {
  if (bytes.size() <= limits::kEnvelopeBytesMax) return success();
  return Failure(ErrorCode::body_too_large)
      .expected("at most " + std::to_string(limits::kEnvelopeBytesMax) + " bytes")
      .found(std::to_string(bytes.size()));
}

Result<void> require_kind(const edxml::PackageContent& content, PackageKind expected) {
  if (content.kind() == expected) return success();
  return expected == PackageKind::document ? ErrorCode::not_a_document : ErrorCode::not_a_status;
}

Failure not_spoken_for(const AgencyCode& from) {
  return Failure(ErrorCode::agency_not_spoken_for).at(places::sender()).found(from.text());
}

std::vector<AgencyCode> other_codes(const Agency& agency, const AgencyCode& written) {
  std::vector<AgencyCode> codes = agency.other_codes;
  codes.push_back(agency.code);
  std::erase(codes, written);
  return codes;
}

std::string notation_of(const edxml::Code& code) {
  if (code.number.empty() || code.notation.empty()) return code.number + code.notation;
  return code.number + '/' + code.notation;
}

std::string_view event_of(edxml::Business business) {
  switch (business) {
    case edxml::Business::create:
      return "accepted";
    case edxml::Business::recall:
      return "recall";
    case edxml::Business::update:
      return "update";
    case edxml::Business::replace:
      return "replace";
  }
  return "accepted";
}

std::string two_digits(edxml::StatusCode code) {
  const auto number = std::to_string(static_cast<int>(code));
  return number.size() < 2 ? '0' + number : number;
}

TransferRecord record_of(const pki::SignedEnvelope& package, const TransferId& id, Time now,
                         std::vector<Addressee> addressees) {
  TransferRecord record{
      .id = id,
      .kind = delivery::ItemKind::document,
      .sender = package.content().from().organ_id,
      .document_id = package.content().id(),
      .notation = {},
      .sha256 = package.digest(),
      .size = package.bytes().size(),
      .priority = edxml::Priority::normal,
      .accepted_at = now,
      .addressees = std::move(addressees),
      .attachments = {},
      .regarding = std::nullopt,
      .receipt = {},
  };
  return record;
}

// What was accepted then, to be met by the store as a repetition.
NewTransfer repetition(std::shared_ptr<const TransferRecord> record,
                       std::shared_ptr<const std::string> bytes) {
  const TransferId id = record->id;
  HistoryEvent history{record->accepted_at, "accepted", {}, {}, id};
  return NewTransfer{*record, std::move(bytes), id, std::move(history), std::nullopt};
}

}  // namespace

Admission::Admission(AdmissionServices services, edxml::Rules rules, const SignerSnapshot& signer,
                     std::string hub_id)
    : services_(services),
      rules_(std::move(rules)),
      signer_(signer),
      issuer_("hub:" + std::move(hub_id)) {}

Result<AcceptedDocument> Admission::admit(const pki::PeerIdentity& peer, std::string bytes,
                                          PackageKind expected) {
  if (!peer.system) return ErrorCode::identity_refused;
  TRUC_TRY(require_size(bytes));
  TRUC_TRY(auto untrusted, edxml::read_envelope(std::move(bytes)));
  TRUC_TRY(require_kind(untrusted.content(), expected));
  const Sent sent = sent_in(untrusted);
  auto judged = judge(peer, std::move(untrusted), expected);
  if (judged) return judged;
  // What was accepted once is not judged again by the rules, the trust and the directory of today.
  // Looked for after a refusal alone: a repetition that passes is met by the store.
  TRUC_TRY(auto before, accepted_before(peer, sent));
  if (!before) return judged;
  return AcceptedDocument(repetition(std::move(before), sent.bytes));
}

Result<AcceptedDocument> Admission::judge(const pki::PeerIdentity& peer,
                                          edxml::UntrustedEnvelope untrusted,
                                          PackageKind expected) {
  TRUC_TRY(auto valid, rules_.check(std::move(untrusted)));
  const Time now = services_.clock.now();
  const auto trust = services_.trust.current();
  const auto directory = services_.directory.current();
  TRUC_TRY(const auto package, pki::verify_envelope(std::move(valid), *trust, now));
  TRUC_TRY(const Agency* sender,
           authorised_sender(*directory, peer, package.content().from().organ_id, now));
  TRUC_TRY(auto transfer, expected == PackageKind::document
                              ? document_transfer(*directory, *sender, package, now)
                              : status_transfer(*directory, *sender, package, now));
  if (!transfer.record.attachments.empty()) transfer.uploader = peer.system;
  if (expected == PackageKind::document)
    transfer.other_codes = other_codes(*sender, package.content().from().organ_id);
  TRUC_TRY(sign_receipt(transfer, package));
  return AcceptedDocument(std::move(transfer));
}

Admission::Sent Admission::sent_in(const edxml::UntrustedEnvelope& envelope) {
  return {envelope.content().from().organ_id, envelope.content().id(), envelope.shared_bytes()};
}

Result<std::shared_ptr<const TransferRecord>> Admission::accepted_before(
    const pki::PeerIdentity& peer, const Sent& sent) const {
  const std::shared_ptr<const TransferRecord> none;
  if (!may_ask_again(peer, sent.from)) return none;
  TRUC_TRY(const auto id, services_.store.find(sent.from, sent.document_id));
  if (!id) return none;
  TRUC_TRY(auto record, services_.store.transfer(*id));
  const bool same = record != nullptr && record->sha256 == pki::sha256(*sent.bytes);
  return same ? record : none;
}

// An agency that has left the directory gets its receipts on the certificate's word; one that the
// directory gives to another system does not.
bool Admission::may_ask_again(const pki::PeerIdentity& peer, const AgencyCode& from) const {
  const auto directory = services_.directory.current();
  const Agency* sender = directory->find(from);
  if (sender == nullptr) return peer.speaks_for(from);
  return Representation(peer, *directory, vietnam_day(services_.clock.now())).is_confirmed(*sender);
}

Result<const Agency*> Admission::authorised_sender(const Directory& directory,
                                                   const pki::PeerIdentity& peer,
                                                   const AgencyCode& from, Time now) const {
  const auto day = vietnam_day(now);
  const Agency* sender = directory.find(from);
  if (sender == nullptr) {
    if (!peer.speaks_for(from)) return not_spoken_for(from);
    return Failure(ErrorCode::sender_unknown).at(places::sender()).found(from.text());
  }
  if (!Representation(peer, directory, day).is_confirmed(*sender)) return not_spoken_for(from);
  switch (state_of(*sender, day)) {
    case AgencyState::active:
      break;
    case AgencyState::not_yet_open:
      return Failure(ErrorCode::sender_unknown)
          .at(places::sender())
          .expected("an agency that is open already")
          .found(from.text());
    case AgencyState::closed:
      return Failure(ErrorCode::sender_closed).at(places::sender()).found(from.text());
  }
  return sender;
}

Result<NewTransfer> Admission::document_transfer(const Directory& directory, const Agency& sender,
                                                 const pki::SignedEnvelope& package, Time now) {
  const edxml::DocumentContent& content = *package.content().document;
  const auto day = vietnam_day(now);
  Faults first_only(0);
  TRUC_TRY(auto attachments, attachments_of(content, first_only));
  TRUC_TRY(const auto originals, originals_of(directory, sender, content, day));
  TRUC_TRY(auto addressees, route_document(directory, sender, content, day));

  const TransferId id = services_.ids.next();
  TransferRecord record = record_of(package, id, now, std::move(addressees));
  record.notation = notation_of(content.code);
  record.priority = content.priority;
  record.attachments = std::move(attachments);

  // A recall, update or replacement is written to the history of the document that it names, when
  // that one is here; that the new document was accepted is said by its own record.
  TransferId history_of = id;
  HistoryEvent history{now, "accepted", issuer_, {}, id};
  for (const Regarding& original : originals) {
    TRUC_TRY(const auto known,
             find_document(services_.store, directory, original.sender, original.document_id));
    if (known == nullptr || known->kind != delivery::ItemKind::document) continue;
    record.regarding = Regarding{known->sender, known->document_id};
    history_of = known->id;
    history.event = event_of(content.business.type);
    history.actor = "agency:" + sender.code.text();
    break;
  }
  return NewTransfer{std::move(record), package.shared_bytes(), history_of, std::move(history),
                     std::nullopt};
}

Result<NewTransfer> Admission::status_transfer(const Directory& directory, const Agency& sender,
                                               const pki::SignedEnvelope& package, Time now) {
  const edxml::StatusContent& content = *package.content().status;
  const auto day = vietnam_day(now);
  TRUC_TRY(const auto regarded,
           regarded_by_status(services_.store, directory, sender, content, day));
  TRUC_TRY(require_allowed(services_.store, directory, *regarded, sender, content));
  TRUC_TRY(auto addressees, route_status(directory, sender, content, *regarded, day));

  const TransferId id = services_.ids.next();
  TransferRecord record = record_of(package, id, now, std::move(addressees));
  record.kind = delivery::ItemKind::status;
  record.notation = notation_of(content.response_for.code);
  record.priority = regarded->priority;
  record.regarding = Regarding{regarded->sender, regarded->document_id};
  HistoryEvent history{now, "status", "agency:" + sender.code.text(), two_digits(content.code), id};
  return NewTransfer{std::move(record), package.shared_bytes(), regarded->id, std::move(history),
                     std::nullopt};
}

Result<void> Admission::sign_receipt(NewTransfer& transfer,
                                     const pki::SignedEnvelope& package) const {
  TransferRecord& record = transfer.record;
  std::vector<AgencyCode> recipients;
  recipients.reserve(record.addressees.size());
  for (const Addressee& addressee : record.addressees) recipients.push_back(addressee.recipient);
  const pki::ReceiptClaims claims{
      .kind = pki::ReceiptKind::accepted,
      .transfer = record.id,
      .delivery_index = std::nullopt,
      .sender = record.sender,
      .document_id = record.document_id,
      .document_sha256 = record.sha256,
      .recipients = std::move(recipients),
      .issuer = issuer_,
      .issued_at = record.accepted_at,
      .revocation_known_at = package.certificate().revocation_known_at(),
  };
  TRUC_TRY(const auto receipt, signer_.current()->sign(claims));
  record.receipt = receipt.json();
  return success();
}

}  // namespace truc::hub
