#include "edge-adapter/bridge/prepare.hpp"

#include <algorithm>

#include "pki/crypto/digest.hpp"
#include "pki/signature/sign.hpp"
#include "schemas/base/limits.hpp"

namespace truc::edge {
namespace {

constexpr std::size_t kDigestStepBytes = limits::kMiB;

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

Result<Sha256> digest_file(const Files& files, const std::string& path) {
  pki::Sha256Stream stream;
  std::uint64_t offset = 0;
  while (true) {
    TRUC_TRY(const auto bytes, files.read_at(path, offset, kDigestStepBytes));
    stream.update(bytes);
    offset += bytes.size();
    if (bytes.size() < kDigestStepBytes) return stream.finish();
  }
}

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
  TRUC_TRY(auto beside, check_beside(drop_path, form, envelope.content()));
  return Prepared{.bytes = envelope.bytes(), .facts = facts_of(envelope, std::move(beside))};
}

Result<std::vector<BesideFile>> Preparer::check_beside(const std::string& folder, DropForm form,
                                                       const edxml::PackageContent& content) const {
  std::vector<BesideFile> files;
  if (content.document) {
    for (const auto& attachment : content.document->beside_attachments) {
      if (form != DropForm::folder)
        return Failure(ErrorCode::beside_missing).expected(attachment.name);
      TRUC_TRY(check_beside_file(folder, attachment));
      files.push_back({attachment.name, attachment.sha256, attachment.size});
    }
  }
  if (form == DropForm::folder) {
    TRUC_TRY(refuse_unlisted(folder, files));
  }
  return files;
}

Result<void> Preparer::check_beside_file(const std::string& folder,
                                         const edxml::BesideAttachment& attachment) const {
  // Rules have looked at the name already; here it becomes a path.
  if (safe_file_name(attachment.name) != attachment.name || attachment.name == kEnvelopeName)
    return Failure(ErrorCode::attachment_name).found(attachment.name);
  const std::string path = folder + "/" + attachment.name;
  TRUC_TRY(const auto info, files_.find(path));
  if (!info || info->type != EntryType::file)
    return Failure(ErrorCode::beside_missing).expected(attachment.name);
  if (info->size > limits::kAttachmentBytesMax)
    return Failure(ErrorCode::attachment_too_large)
        .at(attachment.name)
        .expected("at most " + std::to_string(limits::kAttachmentBytesMax) + " bytes")
        .found(std::to_string(info->size));
  if (info->size != attachment.size)
    return Failure(ErrorCode::attachment_mismatch)
        .at(attachment.name)
        .expected(std::to_string(attachment.size) + " bytes")
        .found(std::to_string(info->size) + " bytes");
  TRUC_TRY(const auto sha256, digest_file(files_, path));
  if (sha256 != attachment.sha256)
    return Failure(ErrorCode::attachment_mismatch)
        .at(attachment.name)
        .expected(attachment.sha256.hex())
        .found(sha256.hex());
  // Its producer may not have synced it, and it has to outlive a power cut until it is sent.
  return files_.sync_file(path);
}

Result<void> Preparer::refuse_unlisted(const std::string& folder,
                                       const std::vector<BesideFile>& listed) const {
  TRUC_TRY(const auto entries, files_.list(folder));
  for (const auto& entry : entries) {
    if (entry.name.starts_with('.') || entry.name == kEnvelopeName) continue;
    // Left silently behind, its producer would believe it sent.
    if (std::ranges::find(listed, entry.name, &BesideFile::name) == listed.end())
      return Failure(ErrorCode::attachment_unlisted).found(safe_file_name(entry.name));
  }
  return success();
}

}  // namespace truc::edge
