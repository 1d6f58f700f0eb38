// Admission: the same checks into a list of faults, and nothing is kept.
#include "hub/ingest/admission.hpp"
#include "hub/ingest/beside.hpp"
#include "hub/ingest/regarded.hpp"
#include "hub/routing/router.hpp"
#include "pki/crypto/digest.hpp"
#include "schemas/base/limits.hpp"
#include "schemas/edxml/lint.hpp"

namespace truc::hub {
namespace {

// What is wrong with the package is a fault; what is wrong here ends the request.
bool is_ours(const Failure& failure) {
  return describe(failure.code()).http_status >= 500;
}

template <class T>
Result<void> take(const Result<T>& verdict, Faults& faults) {
  if (!verdict && is_ours(verdict.error())) return verdict.error();
  return faults.add_of(verdict);
}

}  // namespace

Result<FaultList> Admission::lint(const pki::PeerIdentity& peer, std::string bytes) const {
  if (!peer.system) return ErrorCode::identity_refused;
  return list_faults([&](Faults& faults) { return find_faults(peer, std::move(bytes), faults); });
}

Result<void> Admission::find_faults(const pki::PeerIdentity& peer, std::string bytes,
                                    Faults& faults) const {
  TRUC_TRY(auto linted, edxml::lint(rules_, std::move(bytes), faults));
  if (!linted.valid && !linted.readable) return success();
  const auto& envelope = linted.valid ? linted.valid->envelope() : *linted.readable;
  TRUC_TRY(const auto before, accepted_before(peer, sent_in(envelope)));
  if (before) {
    faults = Faults(limits::kLintFaultsMax);
    return success();
  }
  const Time now = services_.clock.now();
  if (linted.valid) {
    const auto trust = services_.trust.current();
    TRUC_TRY(pki::find_signature_faults(*linted.valid, *trust, now, faults));
  }
  const auto directory = services_.directory.current();
  const AgencyCode& from = envelope.content().from().organ_id;
  const auto sender = authorised_sender(*directory, peer, from, now);
  TRUC_TRY(faults.add_of(sender));
  const auto day = vietnam_day(now);
  if (const auto& content = envelope.content().document) {
    TRUC_TRY(find_routing_faults(*directory, directory->find(from), *content, day, faults));
    TRUC_TRY(find_attachment_faults(*content, *peer.system, faults));
  }
  // Who does not speak for an agency does not learn what that agency has here.
  if (!sender) return success();
  if (envelope.content().document)
    return find_document_faults(*directory, *sender.value(), envelope, day, faults);
  return find_status_faults(*directory, *sender.value(), *envelope.content().status, day, faults);
}

Result<void> Admission::find_attachment_faults(const edxml::DocumentContent& content,
                                               const SystemId& uploader, Faults& faults) const {
  TRUC_TRY(const auto attachments, attachments_of(content, faults));
  for (const auto& one : attachments) {
    TRUC_TRY(const auto staged, services_.store.staged(uploader, one.sha256));
    if (staged.complete && staged.received == one.size) continue;
    TRUC_TRY(faults.add(Failure(ErrorCode::attachment_missing)
                            .at("attachments")
                            .expected(one.sha256.hex())
                            .found("not uploaded, or not to the end, or of another size")));
  }
  return success();
}

Result<void> Admission::find_document_faults(const Directory& directory, const Agency& sender,
                                             const edxml::UntrustedEnvelope& envelope,
                                             std::chrono::sys_days day, Faults& faults) const {
  const auto& content = *envelope.content().document;
  TRUC_TRY(take(originals_of(directory, sender, content, day), faults));
  TRUC_TRY(const auto kept,
           find_document(services_.store, directory, content.from.organ_id, content.document_id));
  if (!kept || kept->kind != delivery::ItemKind::document) return success();
  return faults.add(Failure(ErrorCode::document_conflict)
                        .at("DocumentId")
                        .expected(kept->sha256.hex())
                        .found(pki::sha256(envelope.bytes()).hex()));
}

Result<void> Admission::find_status_faults(const Directory& directory, const Agency& sender,
                                           const edxml::StatusContent& content,
                                           std::chrono::sys_days day, Faults& faults) const {
  const auto regarded = regarded_by_status(services_.store, directory, sender, content, day);
  TRUC_TRY(take(regarded, faults));
  if (!regarded) return success();
  const auto& record = *regarded.value();
  TRUC_TRY(take(require_allowed(services_.store, directory, record, sender, content), faults));
  return take(route_status(directory, sender, content, record, day), faults);
}

}  // namespace truc::hub
