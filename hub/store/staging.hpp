// Attachments beside the envelope: uploaded part by part, taken over by the document that names
// them.
//
// A part is one durable write, so an upload goes on where it stopped, whatever stopped it. Each
// system uploads for itself even what another has brought before: only who has the content may send
// it. Once taken over, a content is kept once, under its digest.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "hub/store/changes.hpp"
#include "hub/store/entries.hpp"
#include "pki/crypto/digest.hpp"

namespace truc::hub {

class Staging {
 public:
  // Both outlive it.
  Staging(StoreState& state, Intake& intake);

  // As in DocumentStore.
  Result<StagedUpload> stage(const SystemId& system, const Sha256& sha256, std::uint64_t total,
                             std::uint64_t offset, std::string part);
  Result<StagedUpload> staged(const SystemId& system, const Sha256& sha256);
  Result<std::string> read(const Sha256& sha256, std::uint64_t offset);
  // Drops uploads that no part was added to since `before`. Returns how many.
  Result<std::size_t> remove_stale(Time before);

  // What another hub has staged or dropped; nobody waits for it.
  static std::unique_ptr<Change> change_of(StoreState& state, StagedPart part);
  static std::unique_ptr<Change> change_of(StoreState& state, const AbandonedUpload& upload);

  // For the committer's thread: takes the attachments of a document from `uploader`'s staging.
  // Failure: attachment_missing; then nothing was added to `writes`.
  static Result<void> take(StoreState& state, WriteSet& writes, const SystemId& uploader,
                           const std::vector<delivery::AttachmentReference>& attachments);

 private:
  // The digest of what is staged so far. Lost with the process, and then made again from the parts.
  struct Upload {
    std::mutex in_use;  // one part of an upload at a time
    std::uint64_t upload = 0;
    std::uint64_t hashed = 0;
    pki::Sha256Stream digest;
  };

  std::shared_ptr<Upload> open(const std::string& key);
  Result<void> catch_up(Upload& upload, std::uint64_t upload_id, std::uint64_t until);
  Result<StagedUpload> complete(const std::string& key, const Sha256& sha256, Upload& upload,
                                std::uint64_t total, std::uint64_t offset, std::string_view part);

  StoreState& state_;
  Intake& intake_;
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<Upload>> uploads_;  // guarded by mutex_
};

}  // namespace truc::hub
