#include "edge-adapter/bridge/beside.hpp"

#include <algorithm>

#include "pki/crypto/digest.hpp"
#include "schemas/base/limits.hpp"

namespace truc::edge {
namespace {

constexpr std::size_t kDigestStepBytes = limits::kMiB;

Failure mismatch(const std::string& name, std::string expected, std::string found) {
  return Failure(ErrorCode::attachment_mismatch)
      .at(name)
      .expected(std::move(expected))
      .found(std::move(found));
}

Result<void> check_file(const Files& files, const DropPlace& drop,
                        const edxml::BesideAttachment& attachment, Faults& faults) {
  const auto& name = attachment.name;
  if (drop.form != DropForm::folder)
    return faults.add(Failure(ErrorCode::beside_missing).expected(name));
  // Rules have looked at the name already; here it becomes a path.
  if (safe_file_name(name) != name || name == kEnvelopeName)
    return faults.add(Failure(ErrorCode::attachment_name).found(name));
  const std::string path = drop.path + "/" + name;
  TRUC_TRY(const auto info, files.find(path));
  if (!info || info->type != EntryType::file)
    return faults.add(Failure(ErrorCode::beside_missing).expected(name));
  if (info->size > limits::kAttachmentBytesMax) {
    return faults.add(
        Failure(ErrorCode::attachment_too_large)
            .at(name)
            .expected("at most " + std::to_string(limits::kAttachmentBytesMax) + " bytes")
            .found(std::to_string(info->size)));
  }
  if (info->size != attachment.size) {
    return faults.add(mismatch(name, std::to_string(attachment.size) + " bytes",
                               std::to_string(info->size) + " bytes"));
  }
  TRUC_TRY(const auto sha256, digest_file(files, path));
  if (sha256 == attachment.sha256) return success();
  return faults.add(mismatch(name, attachment.sha256.hex(), sha256.hex()));
}

// Left silently behind, its producer would believe it sent.
Result<void> refuse_unlisted(const Files& files, const std::string& folder,
                             const std::vector<BesideFile>& listed, Faults& faults) {
  TRUC_TRY(const auto entries, files.list(folder));
  for (const auto& entry : entries) {
    if (entry.name.starts_with('.') || entry.name == kEnvelopeName) continue;
    if (std::ranges::find(listed, entry.name, &BesideFile::name) != listed.end()) continue;
    TRUC_TRY(faults.add(Failure(ErrorCode::attachment_unlisted).found(safe_file_name(entry.name))));
  }
  return success();
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

Result<std::vector<BesideFile>> check_beside(const Files& files, const DropPlace& drop,
                                             const edxml::PackageContent& content, Faults& faults) {
  std::vector<BesideFile> listed;
  if (content.document) {
    for (const auto& attachment : content.document->beside_attachments) {
      TRUC_TRY(check_file(files, drop, attachment, faults));
      listed.push_back({attachment.name, attachment.sha256, attachment.size});
    }
  }
  if (drop.form == DropForm::folder) {
    TRUC_TRY(refuse_unlisted(files, drop.path, listed, faults));
  }
  return listed;
}

}  // namespace truc::edge
