#include "edge-adapter/bridge/prepare.hpp"

#include "edge-adapter/bridge/beside.hpp"
#include "pki/signature/sign.hpp"
#include "schemas/base/limits.hpp"

namespace truc::edge {
namespace {

PackageFacts facts_of(const pki::SignedEnvelope& envelope, std::vector<BesideFile> beside) {
  const auto& content = envelope.content();
  PackageFacts facts{.kind = content.kind(),
                     .sender = content.from().organ_id,
                     .document_id = content.id(),
                     .sha256 = envelope.digest(),
                     .size = envelope.bytes().size(),
                     .priority = edxml::Priority::normal,
                     .beside = std::move(beside),
                     .status = std::nullopt};
  if (content.document) facts.priority = content.document->priority;
  if (content.status)
    facts.status = PackageFacts::Status{.code = content.status->code,
                                        .document_sender = content.status->response_for.organ_id,
                                        .document_id = content.status->response_for.document_id};
  return facts;
}

}  // namespace

Result<pki::SignedEnvelope> Preparer::sign_or_verify(std::string bytes,
                                                     const AgencyCode& agency) const {
  const auto identities = identities_.current();
  TRUC_TRY(auto envelope, edxml::read_envelope(std::move(bytes)));
  const AgencyCode& from = envelope.content().from().organ_id;
  if (from != agency)
    return Failure(ErrorCode::agency_not_configured)
        .at("From")
        .expected(agency.text())
        .found(from.text());
  const bool is_signed = pki::has_signature(envelope);
  TRUC_TRY(auto valid, rules_.check(std::move(envelope)));
  if (!is_signed) {
    TRUC_TRY(const auto* identity, identities->find(agency));
    TRUC_TRY(auto signed_bytes, pki::sign_envelope(std::move(valid), identity->credential));
    TRUC_TRY(auto reread, edxml::read_envelope(std::move(signed_bytes)));
    TRUC_TRY(auto revalidated, rules_.check(std::move(reread)));
    // Checked like anybody's: an expired or revoked certificate of ours is told here, not later.
    return pki::verify_envelope(std::move(revalidated), *identities->trust, clock_.now());
  }
  return pki::verify_envelope(std::move(valid), *identities->trust, clock_.now());
}

Result<Prepared> Preparer::prepare(const std::string& drop_path, DropForm form,
                                   const AgencyCode& agency) const {
  if (form == DropForm::misnamed) return Failure(ErrorCode::drop_name);
  std::string package_path = drop_path;
  if (form == DropForm::folder) {
    package_path += "/" + std::string(kEnvelopeName);
    TRUC_TRY(const auto info, files_.find(package_path));
    if (!info || info->type != EntryType::file)
      return Failure(ErrorCode::drop_name).expected(std::string(kEnvelopeName));
  }
  TRUC_TRY(auto bytes, files_.read(package_path, limits::kEnvelopeBytesMax));
  TRUC_TRY(const auto envelope, sign_or_verify(std::move(bytes), agency));
  Faults first_only(0);
  TRUC_TRY(auto beside, check_beside(files_, {drop_path, form}, envelope.content(), first_only));
  // Their producer may not have synced them, and they have to outlive a power cut until they are
  // sent.
  for (const auto& file : beside) {
    TRUC_TRY(files_.sync_file(drop_path + "/" + file.name));
  }
  return Prepared{.bytes = envelope.bytes(), .facts = facts_of(envelope, std::move(beside))};
}

}  // namespace truc::edge
