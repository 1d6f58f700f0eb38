#include "hub/store/staging.hpp"

#include <algorithm>

#include "hub/store/keys.hpp"
#include "hub/store/records.hpp"

namespace truc::hub {
namespace {

constexpr std::size_t kOpenUploadsMax = 256;  // digests in progress; others are made again

Failure out_of_step(std::uint64_t expected_offset, std::uint64_t offset) {
  return Failure(ErrorCode::malformed_range)
      .at("offset")
      .expected(std::to_string(expected_offset))
      .found(std::to_string(offset));
}

Failure corrupt_blob(const Sha256& sha256) {
  return Failure(ErrorCode::storage_corrupt).at(sha256.hex()).because("a chunk is missing");
}

// What a system has staged, as one row that every change of its uploads moves along.
struct Quota {
  std::uint64_t bytes = 0;
  std::uint64_t uploads = 0;
};

std::string quota_key(const SystemId& system) {
  return "staged:" + system.text();
}

Result<Quota> read_quota(const StoreState& state, const WriteSet& writes, const SystemId& system) {
  TRUC_TRY(const auto row, state.database.get(writes, Family::meta, quota_key(system)));
  if (!row) return Quota{};
  if (row->size() != 16) return Failure(ErrorCode::storage_corrupt).at(quota_key(system));
  return Quota{keys::from_big_endian(std::string_view(*row).substr(0, 8)),
               keys::from_big_endian(std::string_view(*row).substr(8))};
}

void put_quota(StoreState& state, WriteSet& writes, const SystemId& system, const Quota& quota) {
  state.database.put(writes, Family::meta, quota_key(system),
                     keys::big_endian(quota.bytes) + keys::big_endian(quota.uploads));
}

Result<void> reserve(StoreState& state, WriteSet& writes, const SystemId& system,
                     std::uint64_t bytes) {
  TRUC_TRY(auto quota, read_quota(state, writes, system));
  if (quota.bytes + bytes > limits::kStagedBytesPerSystemMax) {
    return Failure(ErrorCode::staging_full)
        .expected("at most " + std::to_string(limits::kStagedBytesPerSystemMax) + " bytes")
        .found(std::to_string(quota.bytes + bytes));
  }
  if (quota.uploads >= limits::kStagedUploadsPerSystemMax) {
    return Failure(ErrorCode::staging_full)
        .expected("at most " + std::to_string(limits::kStagedUploadsPerSystemMax) + " uploads")
        .found(std::to_string(quota.uploads + 1));
  }
  quota.bytes += bytes;
  quota.uploads += 1;
  put_quota(state, writes, system, quota);
  return success();
}

Result<void> release(StoreState& state, WriteSet& writes, const SystemId& system,
                     std::uint64_t bytes) {
  TRUC_TRY(auto quota, read_quota(state, writes, system));
  quota.bytes -= std::min(quota.bytes, bytes);
  quota.uploads -= std::min<std::uint64_t>(quota.uploads, 1);
  put_quota(state, writes, system, quota);
  return success();
}

Result<std::optional<records::StagingRow>> read_row(const Result<std::optional<std::string>>& row) {
  if (!row) return row.error();
  if (!row.value()) return std::optional<records::StagingRow>();
  TRUC_TRY(auto decoded, records::decode_staging(*row.value()));
  return std::optional(decoded);
}

// One part, to be made durable. The outcome is the upload's row.
class StageChange final : public AwaitedChange<records::StagingRow, SharedChange> {
 public:
  StageChange(StoreState& state, StagedPart part)
      : state_(state), key_(keys::staging(part.system, part.sha256)), part_(std::move(part)) {}

  std::size_t bytes() const override { return part_.bytes.size(); }
  Sync sync() const override { return Sync::yes; }
  std::string entry() const override { return to_entry(part_); }

 private:
  Result<records::StagingRow> resolve(WriteSet& writes) override {
    TRUC_TRY(auto kept, read_row(state_.database.get(writes, Family::staging, key_)));
    const auto received = kept ? kept->received : 0;
    if (received != part_.offset) return out_of_step(received, part_.offset);
    records::StagingRow row;
    if (kept) {
      if (kept->total != part_.total) return out_of_step(kept->total, part_.total);
      row = *kept;
    } else {
      TRUC_TRY(reserve(state_, writes, part_.system, part_.total));
      row.upload = state_.next_upload(writes);
      row.total = part_.total;
    }
    const std::string_view bytes = part_.bytes;
    for (std::size_t from = 0; from < bytes.size(); from += limits::kBlobChunkBytes) {
      state_.database.put(writes, Family::blobs, keys::chunk(row.upload, part_.offset + from),
                          bytes.substr(from, limits::kBlobChunkBytes));
    }
    row.received = part_.offset + bytes.size();
    row.touched_at = state_.clock.now();
    state_.database.put(writes, Family::staging, key_, records::encode(row));
    return row;
  }

  StoreState& state_;
  std::string key_;
  StagedPart part_;
};

// Removes an upload, unless something else stands in its place by now.
class DropChange final : public AwaitedChange<void, SharedChange> {
 public:
  DropChange(StoreState& state, AbandonedUpload upload)
      : state_(state), key_(keys::staging(upload.system, upload.sha256)), upload_(upload) {}

  std::size_t bytes() const override { return 256; }
  Sync sync() const override { return Sync::no; }
  std::string entry() const override { return to_entry(upload_); }

 private:
  Result<void> resolve(WriteSet& writes) override {
    TRUC_TRY(const auto kept, read_row(state_.database.get(writes, Family::staging, key_)));
    const bool is_it = kept && kept->upload == upload_.upload && kept->received == upload_.received;
    if (!is_it) return success();
    TRUC_TRY(release(state_, writes, upload_.system, kept->total));
    state_.database.erase(writes, Family::staging, key_);
    state_.database.erase_prefix(writes, Family::blobs, keys::big_endian(upload_.upload));
    return success();
  }

  StoreState& state_;
  std::string key_;
  AbandonedUpload upload_;
};

AbandonedUpload abandoned(const SystemId& system, const Sha256& sha256,
                          const records::StagingRow& row) {
  return {.system = system, .sha256 = sha256, .upload = row.upload, .received = row.received};
}

Result<void> check_part(std::uint64_t total, std::uint64_t offset, std::string_view part) {
  if (total == 0) return Failure(ErrorCode::attachment_empty);
  if (total > limits::kAttachmentBytesMax) {
    return Failure(ErrorCode::attachment_too_large)
        .expected("at most " + std::to_string(limits::kAttachmentBytesMax) + " bytes")
        .found(std::to_string(total));
  }
  if (part.size() > limits::kAttachmentPartBytesMax) {
    return Failure(ErrorCode::body_too_large)
        .expected("parts of at most " + std::to_string(limits::kAttachmentPartBytesMax) + " bytes")
        .found(std::to_string(part.size()));
  }
  if (offset > total || part.size() > total - offset) {
    return Failure(ErrorCode::malformed_range)
        .at("offset")
        .expected("a part that ends at " + std::to_string(total) + " or before")
        .found(std::to_string(offset) + " and " + std::to_string(part.size()) + " bytes");
  }
  return success();
}

}  // namespace

Staging::Staging(StoreState& state, Intake& intake) : state_(state), intake_(intake) {}

std::unique_ptr<Change> Staging::change_of(StoreState& state, StagedPart part) {
  return std::make_unique<StageChange>(state, std::move(part));
}

std::unique_ptr<Change> Staging::change_of(StoreState& state, const AbandonedUpload& upload) {
  return std::make_unique<DropChange>(state, upload);
}

std::shared_ptr<Staging::Upload> Staging::open(const std::string& key) {
  const std::lock_guard lock(mutex_);
  if (uploads_.size() >= kOpenUploadsMax)
    std::erase_if(uploads_, [](const auto& item) { return item.second.use_count() == 1; });
  auto& upload = uploads_[key];
  if (!upload) upload = std::make_shared<Upload>();
  return upload;
}

// Leaves `upload.digest` over exactly the first `until` bytes.
Result<void> Staging::catch_up(Upload& upload, std::uint64_t upload_id, std::uint64_t until) {
  if (upload.upload == upload_id && upload.hashed == until) return success();
  upload.digest = pki::Sha256Stream();
  upload.upload = upload_id;
  upload.hashed = 0;
  auto cursor = state_.database.cursor(Family::blobs, keys::chunk(upload_id, 0),
                                       keys::chunk(upload_id, until));
  for (cursor->seek_first(); cursor->is_valid(); cursor->next()) {
    upload.digest.update(cursor->value());
    upload.hashed += cursor->value().size();
  }
  TRUC_TRY(cursor->status());
  if (upload.hashed != until)
    return Failure(ErrorCode::storage_corrupt).at("blobs").because("a staged part is missing");
  return success();
}

Result<StagedUpload> Staging::stage(const SystemId& system, const Sha256& sha256,
                                    std::uint64_t total, std::uint64_t offset, std::string part) {
  TRUC_TRY(check_part(total, offset, part));
  const auto key = keys::staging(system, sha256);
  const auto upload = open(key);
  const std::lock_guard lock(upload->in_use);

  TRUC_TRY(const auto row, read_row(state_.database.get(Family::staging, key)));
  if (row && row->total != total) {
    return Failure(ErrorCode::malformed_range)
        .at("total")
        .expected(std::to_string(row->total))
        .found(std::to_string(total));
  }
  const auto received = row ? row->received : 0;
  if (offset != received) return out_of_step(received, offset);
  if (part.empty()) return StagedUpload{received, row && row->is_complete()};

  TRUC_TRY(catch_up(*upload, row ? row->upload : 0, received));
  upload->digest.update(part);
  // Until the part is durable nothing is known about this upload's digest.
  upload->upload = 0;
  upload->hashed = total + 1;
  if (offset + part.size() == total) {
    const auto found = upload->digest.finish();
    if (found != sha256) {
      if (row) {
        TRUC_TRY(intake_.submit_and_wait<void>(
            std::make_unique<DropChange>(state_, abandoned(system, sha256, *row))));
      }
      return Failure(ErrorCode::attachment_mismatch).expected(sha256.hex()).found(found.hex());
    }
  }
  StagedPart staged{.system = system,
                    .sha256 = sha256,
                    .total = total,
                    .offset = offset,
                    .bytes = std::move(part)};
  TRUC_TRY(const auto kept, intake_.submit_and_wait<records::StagingRow>(
                                std::make_unique<StageChange>(state_, std::move(staged))));
  if (!kept.is_complete()) {
    upload->upload = kept.upload;
    upload->hashed = kept.received;
  }
  return StagedUpload{kept.received, kept.is_complete()};
}

Result<StagedUpload> Staging::staged(const SystemId& system, const Sha256& sha256) {
  TRUC_TRY(const auto row,
           read_row(state_.database.get(Family::staging, keys::staging(system, sha256))));
  if (!row) return StagedUpload{};
  return StagedUpload{row->received, row->is_complete()};
}

Result<std::string> Staging::read(const Sha256& sha256, std::uint64_t offset) {
  TRUC_TRY(const auto row, state_.database.get(Family::blob_index, sha256.bytes()));
  if (!row) return Failure(ErrorCode::not_found);
  TRUC_TRY(const auto blob, records::decode_blob(*row));
  if (offset >= blob.size) return std::string();
  const auto cursor = state_.database.cursor(Family::blobs, keys::big_endian(blob.upload));
  cursor->seek_at_or_before(keys::chunk(blob.upload, offset));
  TRUC_TRY(cursor->status());
  if (!cursor->is_valid()) return corrupt_blob(sha256);
  const auto within = offset - keys::from_big_endian(cursor->key().substr(8));
  if (within >= cursor->value().size()) return corrupt_blob(sha256);
  return std::string(cursor->value().substr(within));
}

Result<std::size_t> Staging::remove_stale(Time before) {
  std::vector<AbandonedUpload> stale;
  {
    const auto cursor = state_.database.cursor(Family::staging, {}, {});
    for (cursor->seek_first(); cursor->is_valid(); cursor->next()) {
      TRUC_TRY(const auto row, records::decode_staging(cursor->value()));
      if (row.touched_at >= before) continue;
      TRUC_TRY(const auto key, keys::parse_staging(cursor->key()));
      stale.push_back(abandoned(key.system, key.sha256, row));
    }
    TRUC_TRY(cursor->status());
  }
  for (const auto& upload : stale) {
    TRUC_TRY(intake_.submit_and_wait<void>(std::make_unique<DropChange>(state_, upload)));
  }
  return stale.size();
}

Result<void> Staging::take(StoreState& state, WriteSet& writes, const SystemId& uploader,
                           const std::vector<delivery::AttachmentReference>& attachments) {
  struct Taken {
    const Sha256* sha256;
    records::StagingRow row;
  };
  std::vector<Taken> taken;
  std::string missing;
  for (const auto& one : attachments) {
    const auto is_same = [&](const Taken& other) { return *other.sha256 == one.sha256; };
    if (std::ranges::any_of(taken, is_same)) continue;
    const auto key = keys::staging(uploader, one.sha256);
    TRUC_TRY(const auto row, read_row(state.database.get(writes, Family::staging, key)));
    if (row && row->is_complete() && row->total == one.size) {
      taken.push_back(Taken{&one.sha256, *row});
    } else {
      missing += (missing.empty() ? "" : ", ") + one.sha256.hex();
    }
  }
  if (!missing.empty()) {
    return Failure(ErrorCode::attachment_missing)
        .at("attachments")
        .expected(missing)
        .found("not uploaded, or not to the end, or of another size");
  }
  for (const auto& [sha256, row] : taken) {
    TRUC_TRY(const auto kept, state.database.get(writes, Family::blob_index, sha256->bytes()));
    TRUC_TRY(release(state, writes, uploader, row.total));
    state.database.erase(writes, Family::staging, keys::staging(uploader, *sha256));
    if (kept) {
      state.database.erase_prefix(writes, Family::blobs, keys::big_endian(row.upload));
    } else {
      state.database.put(writes, Family::blob_index, sha256->bytes(),
                         records::encode(records::BlobRow{row.upload, row.total}));
    }
  }
  return success();
}

}  // namespace truc::hub
