#include "edge-adapter/spool/sent_index.hpp"

#include <boost/json/serialize.hpp>

#include "edge-adapter/spool/json_text.hpp"
#include "edge-adapter/spool/names.hpp"
#include "schemas/base/limits.hpp"

namespace truc::edge {

namespace {

constexpr std::string_view kEnding = ".json";

// The first six octets of a transfer's name are the time in milliseconds.
Time named_at(const TransferId& transfer) {
  std::int64_t milliseconds = 0;
  for (const char octet : transfer.bytes().substr(0, 6))
    milliseconds = milliseconds * 256 + static_cast<unsigned char>(octet);
  return Time(std::chrono::milliseconds(milliseconds));
}

}  // namespace

std::string SentIndex::path_of(const TransferId& transfer) const {
  // The last digits are random; the first are the time, and would fill one folder at a time.
  const std::string text = transfer.text();
  return root_ + "/" + text.substr(text.size() - 2) + "/" + text + std::string(kEnding);
}

Result<void> SentIndex::record(const SentRecord& record) {
  boost::json::object out;
  out["truc"] = 1;
  out["transfer"] = record.transfer.text();
  out["agency"] = record.agency.text();
  out["name"] = record.name;
  out["document_id"] = record.document_id.text();
  out["sha256"] = record.sha256.hex();
  const std::string path = path_of(record.transfer);
  TRUC_TRY(make_folder_durably(files_, parent_of(path), Access::own));
  return write_durably(files_, path, boost::json::serialize(out), Access::own);
}

Result<std::optional<SentRecord>> SentIndex::find(const TransferId& transfer) const {
  const std::string path = path_of(transfer);
  TRUC_TRY(const auto info, files_.find(path));
  if (!info) return std::optional<SentRecord>();
  TRUC_TRY(const auto text, files_.read(path, limits::kHttpSmallBodyBytesMax));
  TRUC_TRY(const auto record, JsonRecord::parse(text));
  TRUC_TRY(const auto agency_text, record.text("agency"));
  TRUC_TRY(auto agency, AgencyCode::parse(agency_text));
  TRUC_TRY(auto name, record.text("name"));
  if (safe_file_name(name) != name) return malformed_member("name");
  TRUC_TRY(const auto id_text, record.text("document_id"));
  TRUC_TRY(auto id, DocumentId::parse(id_text));
  TRUC_TRY(const auto hex, record.text("sha256"));
  TRUC_TRY(const auto sha256, Sha256::parse_hex(hex));
  return std::optional<SentRecord>(SentRecord{.transfer = transfer,
                                              .agency = std::move(agency),
                                              .name = std::move(name),
                                              .document_id = std::move(id),
                                              .sha256 = sha256});
}

Result<std::vector<SentRecord>> SentIndex::list(Time since) const {
  std::vector<SentRecord> records;
  TRUC_TRY(const auto folders, files_.list(root_));
  for (const auto& folder : folders) {
    TRUC_TRY(const auto entries, files_.list(root_ + "/" + folder.name));
    for (const auto& entry : entries) {
      if (!entry.name.ends_with(kEnding)) continue;
      const auto transfer =
          TransferId::parse(entry.name.substr(0, entry.name.size() - kEnding.size()));
      if (!transfer || named_at(transfer.value()) < since) continue;
      TRUC_TRY(auto record, find(transfer.value()));
      if (record) records.push_back(std::move(*record));
    }
  }
  return records;
}

}  // namespace truc::edge
