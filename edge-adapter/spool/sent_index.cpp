#include "edge-adapter/spool/sent_index.hpp"

#include <boost/json/serialize.hpp>

#include "edge-adapter/spool/json_text.hpp"
#include "edge-adapter/spool/names.hpp"
#include "schemas/base/limits.hpp"

namespace truc::edge {

std::string SentIndex::path_of(const TransferId& transfer) const {
  // The last digits are random; the first are the time, and would fill one folder at a time.
  const std::string text = transfer.text();
  return root_ + "/" + text.substr(text.size() - 2) + "/" + text + ".json";
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

}  // namespace truc::edge
