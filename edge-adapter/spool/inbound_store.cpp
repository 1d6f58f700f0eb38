#include "edge-adapter/spool/inbound_store.hpp"

#include <boost/json/serialize.hpp>

#include "edge-adapter/spool/json_text.hpp"
#include "schemas/base/limits.hpp"
#include "schemas/base/problem.hpp"

namespace truc::edge {
namespace {

constexpr int kNamesMax = 10'000;  // "~N" tried before giving up

std::string to_text(const HandOverForm form) {
  return form == HandOverForm::file ? "file" : "folder";
}

}  // namespace

Result<void> InboundStore::begin(const DeliveryId& delivery) {
  const std::string folder = layout_.inbound(delivery);
  TRUC_TRY(files_.make_folder(folder, Access::own));
  TRUC_TRY(files_.make_folder(folder + "/parts", Access::own));
  // The document system reads it after the rename, so it has the access of in/.
  TRUC_TRY(files_.make_folder(stage(delivery), Access::group));
  return files_.sync_folder(folder);
}

std::string InboundStore::part_path(const DeliveryId& delivery, const Sha256& sha256) const {
  return layout_.inbound(delivery) + "/parts/" + sha256.hex();
}

Result<std::uint64_t> InboundStore::part_size(const DeliveryId& delivery,
                                              const Sha256& sha256) const {
  TRUC_TRY(const auto info, files_.find(part_path(delivery, sha256)));
  return info ? info->size : 0;
}

Result<void> InboundStore::write_part(const DeliveryId& delivery, const Sha256& sha256,
                                      std::uint64_t offset, std::string_view bytes) {
  // Not synced: what a power cut takes away is fetched again, and the digest over the whole file
  // decides before it is used.
  return files_.write_at(part_path(delivery, sha256), offset, bytes);
}

Result<void> InboundStore::drop_part(const DeliveryId& delivery, const Sha256& sha256) {
  return files_.remove_file(part_path(delivery, sha256));
}

Result<void> InboundStore::stage_attachment(const DeliveryId& delivery, const Sha256& sha256,
                                            const std::string& name) {
  const std::string part = part_path(delivery, sha256);
  // Read as a whole and written anew would double the work of 2 GiB: the part is synced and
  // renamed.
  TRUC_TRY(files_.sync_file(part));
  TRUC_TRY(files_.share(part));
  TRUC_TRY(files_.replace(part, stage(delivery) + "/" + safe_file_name(name)));
  return files_.sync_folder(stage(delivery));
}

Result<std::optional<FileInfo>> InboundStore::find_staged(const DeliveryId& delivery,
                                                          const std::string& name) const {
  return files_.find(stage(delivery) + "/" + safe_file_name(name));
}

Result<void> InboundStore::stage_package(const DeliveryId& delivery, std::string_view package,
                                         std::string_view receipt) {
  const std::string folder = stage(delivery) + "/";
  TRUC_TRY(write_durably(files_, folder + std::string(kReceiptName), receipt, Access::group));
  return write_durably(files_, folder + std::string(kEnvelopeName), package, Access::group);
}

Result<void> InboundStore::seal(const SealedItem& item) {
  boost::json::object out;
  out["truc"] = 1;
  out["form"] = to_text(item.form);
  out["record"] = to_json(item.record);
  // The folder's own name has to be durable before the state in it is worth anything.
  TRUC_TRY(files_.sync_folder(layout_.inbound()));
  return write_durably(files_, layout_.inbound(item.record.delivery) + "/item.json",
                       boost::json::serialize(out), Access::own);
}

Result<std::optional<SealedItem>> InboundStore::find_sealed(const DeliveryId& delivery) const {
  const std::string path = layout_.inbound(delivery) + "/item.json";
  TRUC_TRY(const auto info, files_.find(path));
  if (!info) return std::optional<SealedItem>();
  TRUC_TRY(const auto text, files_.read(path, 2 * limits::kHttpSmallBodyBytesMax));
  TRUC_TRY(const auto out, JsonRecord::parse(text));
  TRUC_TRY(const auto form, out.text("form"));
  if (form != "file" && form != "folder") return malformed_member("form");
  TRUC_TRY(const auto record_text, out.text("record"));
  TRUC_TRY(auto record, parse_received_record(record_text));
  if (record.delivery != delivery) return malformed_member("record.delivery");
  return std::optional<SealedItem>(
      SealedItem{.record = std::move(record),
                 .form = form == "file" ? HandOverForm::file : HandOverForm::folder});
}

Result<std::optional<SealedItem>> InboundStore::find_sealed(const ReceivedKey& key) const {
  TRUC_TRY(const auto entries, files_.list(layout_.inbound()));
  for (const auto& entry : entries) {
    const auto delivery = DeliveryId::parse(entry.name);
    if (!delivery) continue;
    TRUC_TRY(auto item, find_sealed(delivery.value()));
    if (item && item->record.key == key) return item;
  }
  return std::optional<SealedItem>();
}

Result<std::vector<SealedItem>> InboundStore::recover(Time now) {
  std::vector<SealedItem> sealed;
  TRUC_TRY(const auto entries, files_.list(layout_.inbound()));
  for (const auto& entry : entries) {
    const auto delivery = DeliveryId::parse(entry.name);
    if (!delivery) continue;
    TRUC_TRY(auto item, find_sealed(delivery.value()));
    if (item) {
      sealed.push_back(std::move(*item));
      continue;
    }
    TRUC_TRY(const auto parts, files_.find(layout_.inbound(delivery.value()) + "/parts"));
    if (parts && now - parts->modified < limits::kStagedAgeMax) continue;
    TRUC_TRY(forget(delivery.value()));
  }
  return sealed;
}

Result<std::string> InboundStore::free_name(const std::string& in,
                                            const DeliveryId& delivery) const {
  for (int number = 1; number < kNamesMax; ++number) {
    std::string name = delivery.text();
    if (number > 1) name += "~" + std::to_string(number);
    TRUC_TRY(const auto file, files_.find(in + "/" + name + ".edxml"));
    TRUC_TRY(const auto folder, files_.find(in + "/" + name));
    if (!file && !folder) return name;
  }
  return Failure(ErrorCode::file_failed).at(in + "/" + delivery.text()).expected("a free name");
}

Result<void> InboundStore::hand_over(const SealedItem& item) {
  const auto agency = agencies_.find(item.record.key.recipient);
  if (agency == agencies_.end())
    return Failure(ErrorCode::agency_not_configured).found(item.record.key.recipient.text());
  const std::string in = agency->second.in();
  return item.form == HandOverForm::file ? hand_over_file(item, in) : hand_over_folder(item, in);
}

Result<void> InboundStore::hand_over_file(const SealedItem& item, const std::string& in) {
  const std::string staged = stage(item.record.delivery) + "/" + std::string(kEnvelopeName);
  TRUC_TRY(const auto package, files_.find(staged));
  // The rename below was done by an earlier try, and perhaps not its syncs.
  if (!package) return sync_move(files_, staged, in + "/" + item.record.delivery.text());
  TRUC_TRY(const auto name, free_name(in, item.record.delivery));
  // The receipt before the package: whoever sees the package may take both.
  TRUC_TRY(const auto receipt,
           files_.read(stage(item.record.delivery) + "/" + std::string(kReceiptName),
                       limits::kEnvelopeBytesMax));
  TRUC_TRY(write_durably(files_, in + "/" + name + ".receipt.json", receipt, Access::group));
  TRUC_TRY(const Moved moved, move_durably(files_, staged, in + "/" + name + ".edxml"));
  if (moved == Moved::target_exists)
    return Failure(ErrorCode::file_failed).at(in + "/" + name).because("taken meanwhile");
  return success();
}

Result<void> InboundStore::hand_over_folder(const SealedItem& item, const std::string& in) {
  const std::string staged = stage(item.record.delivery);
  TRUC_TRY(const auto folder, files_.find(staged));
  if (!folder) return sync_move(files_, staged, in + "/" + item.record.delivery.text());
  TRUC_TRY(const auto name, free_name(in, item.record.delivery));
  TRUC_TRY(const Moved moved, move_durably(files_, staged, in + "/" + name));
  if (moved == Moved::target_exists)
    return Failure(ErrorCode::file_failed).at(in + "/" + name).because("taken meanwhile");
  return success();
}

Result<void> InboundStore::forget(const DeliveryId& delivery) {
  const std::string trash = layout_.trash() + "/" + delivery.text();
  TRUC_TRY(remove_tree(files_, trash));
  TRUC_TRY(move_durably(files_, layout_.inbound(delivery), trash));
  return remove_tree(files_, trash);
}

Result<void> InboundStore::quarantine(const DeliveryId& delivery, const Failure& reason) {
  TRUC_TRY(begin(delivery));
  TRUC_TRY(write_durably(files_, layout_.inbound(delivery) + "/reason.json",
                         to_problem_json(reason), Access::own));
  TRUC_TRY(const Moved moved, move_durably(files_, layout_.inbound(delivery),
                                           layout_.quarantine() + "/" + delivery.text()));
  if (moved == Moved::target_exists) return forget(delivery);  // kept before, with its reason
  return success();
}

Result<std::optional<FileInfo>> InboundStore::find_quarantined(const DeliveryId& delivery) const {
  return files_.find(layout_.quarantine() + "/" + delivery.text());
}

}  // namespace truc::edge
