#include "edge-adapter/spool/outbound_store.hpp"

#include "schemas/base/limits.hpp"
#include "schemas/base/problem.hpp"

namespace truc::edge {
namespace {

constexpr std::size_t kItemBytesMax = 16 * limits::kMiB;  // recipients of a receipt are the most
constexpr int kNamesMax = 10'000;                         // "~N" tried before giving up

std::string refusal_text(const Failure& refusal) {
  return to_text(refusal, Language::vietnamese) + "\n\n" + to_text(refusal, Language::english) +
         "\n";
}

std::string numbered(const OutboundItem& item, int number) {
  if (number == 1) return item.stem();
  if (item.form == DropForm::misnamed) return with_number(item.stem(), number);
  return item.stem() + "~" + std::to_string(number);
}

}  // namespace

OutboundStore::OutboundStore(Files& files, const SpoolLayout& layout, FoldersByAgency agencies,
                             SentIndex& index)
    : files_(files), layout_(layout), agencies_(std::move(agencies)), index_(index) {}

std::string OutboundStore::drop_path(const OutboundItem& item) const {
  return layout_.outbound(item.id) + (item.form == DropForm::package ? "/drop.edxml" : "/drop");
}

std::string OutboundStore::beside_path(const OutboundItem& item, const BesideFile& file) const {
  return drop_path(item) + "/" + file.name;
}

std::string OutboundStore::package_path(const OutboundItem& item) const {
  return layout_.outbound(item.id) + "/package.edxml";
}

Result<std::string> OutboundStore::signed_bytes(const OutboundItem& item) const {
  return files_.read(package_path(item), limits::kEnvelopeBytesMax);
}

Result<const AgencyFolders*> OutboundStore::folders_of(const AgencyCode& agency) const {
  const auto found = agencies_.find(agency);
  if (found == agencies_.end())
    return Failure(ErrorCode::agency_not_configured).found(agency.text());
  return &found->second;
}

Result<void> OutboundStore::save(const OutboundItem& item) {
  return write_durably(files_, layout_.outbound(item.id) + "/item.json", to_json(item),
                       Access::own);
}

Result<OutboundStore::Recovered> OutboundStore::recover() {
  Recovered recovered;
  TRUC_TRY(const auto entries, files_.list(layout_.outbound()));
  for (const auto& entry : entries) {
    if (entry.type != EntryType::folder) continue;
    const std::string folder = layout_.outbound(entry.name);
    TRUC_TRY(const auto saved, files_.find(folder + "/item.json"));
    if (!saved) {
      // Died between the folder and its first state: nothing had been claimed yet.
      TRUC_TRY(remove_tree(files_, folder));
      continue;
    }
    TRUC_TRY(const auto text, files_.read(folder + "/item.json", kItemBytesMax));
    auto item = parse_outbound_item(text);
    if (!item || item.value().id != entry.name || !agencies_.contains(item.value().agency)) {
      recovered.unreadable.push_back(entry.name);
      continue;
    }
    TRUC_TRY(const auto drop, files_.find(drop_path(item.value())));
    if (item.value().state == OutboundState::claimed && !drop) {
      // Died between the first state and the rename: the drop still stands in out/.
      TRUC_TRY(forget(item.value()));
      continue;
    }
    if (item.value().facts) under_way_.emplace(item.value().facts->sha256, item.value().id);
    if (item.value().outcome) {
      const bool refused = item.value().state == OutboundState::refused;
      const auto& folders = agencies_.at(item.value().agency);
      chosen_.emplace((refused ? folders.refused() : folders.sent()) + "/" +
                          item.value().outcome->published_name,
                      item.value().id);
    }
    recovered.items.push_back(std::move(item).value());
  }
  return recovered;
}

Result<std::optional<OutboundItem>> OutboundStore::claim(const AgencyCode& agency,
                                                         const std::string& name, DropForm form,
                                                         const std::string& id, Time now) {
  TRUC_TRY(const auto* folders, folders_of(agency));
  OutboundItem item{.id = id,
                    .agency = agency,
                    .name = form == DropForm::misnamed ? safe_file_name(name) : name,
                    .form = form,
                    .claimed_at = now,
                    .state = OutboundState::claimed,
                    .facts = std::nullopt,
                    .outcome = std::nullopt,
                    .registers = std::nullopt};
  const std::string drop = folders->out() + "/" + name;
  auto moved = take(item, drop);
  if (moved && moved.value() == Moved::moved) return std::optional(std::move(item));
  TRUC_TRY(const bool is_given_back, give_back(item, drop));
  if (!is_given_back) return std::optional(std::move(item));
  if (!moved) return std::move(moved).error();
  return std::optional<OutboundItem>();
}

Result<Moved> OutboundStore::take(const OutboundItem& item, const std::string& drop) {
  // The state comes before the drop: a drop in the spool without a name and an agency would be
  // lost.
  TRUC_TRY(make_folder_durably(files_, layout_.outbound(item.id), Access::own));
  TRUC_TRY(save(item));
  return move_durably(files_, drop, drop_path(item));
}

// Undoes a claim that failed. The drop goes back to where the next scan finds it, unless its name
// there was taken meanwhile: false, it is the spool's. The rest of the claim is worth nothing, half
// or whole.
Result<bool> OutboundStore::give_back(const OutboundItem& item, const std::string& drop) {
  TRUC_TRY(const Moved back, files_.move(drop_path(item), drop));
  if (back == Moved::target_exists) return false;
  TRUC_TRY(remove_tree(files_, layout_.outbound(item.id)));
  return true;
}

Result<OutboundItem> OutboundStore::record_prepared(OutboundItem item, PackageFacts facts,
                                                    std::string_view signed_bytes) {
  // Signed bytes first. An ECDSA signature differs each time, so the bytes that the hub sees may be
  // made once only; from "prepared" on they are read back, never made again.
  TRUC_TRY(write_durably(files_, package_path(item), signed_bytes, Access::group));
  item.facts = std::move(facts);
  item.state = OutboundState::prepared;
  TRUC_TRY(save(item));
  const std::lock_guard lock(mutex_);
  under_way_.emplace(item.facts->sha256, item.id);
  return item;
}

bool OutboundStore::is_under_way(const Sha256& package) const {
  const std::lock_guard lock(mutex_);
  const auto found = under_way_.lower_bound({package, std::string()});
  return found != under_way_.end() && found->first == package;
}

Result<OutboundItem> OutboundStore::record_accepted(OutboundItem item, const TransferId& transfer,
                                                    std::string receipt) {
  TRUC_TRY(const auto* folders, folders_of(item.agency));
  TRUC_TRY(auto name, choose_name(item, folders->sent()));
  item.outcome = Outcome{.published_name = std::move(name),
                         .transfer = transfer,
                         .receipt = std::move(receipt),
                         .problem_json = {},
                         .refusal_text = {}};
  item.state = OutboundState::accepted;
  TRUC_TRY(save(item));
  return item;
}

Result<OutboundItem> OutboundStore::record_refused(OutboundItem item, const Failure& refusal) {
  TRUC_TRY(const auto* folders, folders_of(item.agency));
  TRUC_TRY(auto name, choose_name(item, folders->refused()));
  item.outcome = Outcome{.published_name = std::move(name),
                         .transfer = std::nullopt,
                         .receipt = {},
                         .problem_json = to_problem_json(refusal),
                         .refusal_text = refusal_text(refusal)};
  item.state = OutboundState::refused;
  TRUC_TRY(save(item));
  return item;
}

Result<OutboundItem> OutboundStore::record_registering(OutboundItem item, DeliveryId delivery) {
  item.registers = delivery;
  item.state = OutboundState::registering;
  TRUC_TRY(save(item));
  return item;
}

Result<std::string> OutboundStore::choose_name(const OutboundItem& item,
                                               const std::string& folder) {
  // Chosen before it is used and kept in item.json, so that a restart goes on under the same name.
  const std::lock_guard lock(mutex_);
  for (int number = 1; number < kNamesMax; ++number) {
    std::string name = numbered(item, number);
    const std::string path = folder + "/" + name;
    const auto chosen = chosen_.find(path);
    // Of this item itself: an earlier try could not write down what it had chosen.
    if (chosen != chosen_.end() && chosen->second == item.id) return name;
    if (chosen != chosen_.end()) continue;
    bool taken = false;
    for (const char* ending : {"", ".edxml", ".receipt.json", ".refusal.json"}) {
      TRUC_TRY(const auto info, files_.find(path + ending));
      taken = taken || info.has_value();
    }
    if (taken) continue;
    chosen_.emplace(path, item.id);
    return name;
  }
  return Failure(ErrorCode::file_failed).at(folder + "/" + item.stem()).expected("a free name");
}

Result<void> OutboundStore::publish(const OutboundItem& item) {
  // Published before, where a try of forget() failed behind its rename.
  TRUC_TRY(const auto folder, files_.find(layout_.outbound(item.id)));
  if (!folder) return success();
  TRUC_TRY(const auto* folders, folders_of(item.agency));
  return item.state == OutboundState::refused ? publish_refused(item, *folders)
                                              : publish_accepted(item, *folders);
}

// A move that a crash may have cut short behind the rename: an absent source has arrived.
Result<void> OutboundStore::move_out(const std::string& from, const std::string& to) {
  TRUC_TRY(const Moved moved, move_durably(files_, from, to));
  if (moved == Moved::target_exists)
    return Failure(ErrorCode::file_failed).at(to).because("the chosen name was taken meanwhile");
  return success();
}

Result<void> OutboundStore::publish_accepted(const OutboundItem& item,
                                             const AgencyFolders& folders) {
  const Outcome& outcome = *item.outcome;
  const std::string base = folders.sent() + "/" + outcome.published_name;
  // The index before anything visible: the recipient's receipt may come back at once and is put
  // beside the package by it.
  TRUC_TRY(index_.record({.transfer = *outcome.transfer,
                          .agency = item.agency,
                          .name = outcome.published_name,
                          .document_id = item.facts->document_id,
                          .sha256 = item.facts->sha256}));
  TRUC_TRY(write_durably(files_, base + ".receipt.json", outcome.receipt, Access::group));
  if (item.form == DropForm::package) return move_out(package_path(item), base + ".edxml");

  // The folder goes as a whole, with the signed envelope in the place of the dropped one.
  TRUC_TRY(const auto package, files_.find(package_path(item)));
  if (package) {
    TRUC_TRY(
        files_.replace(package_path(item), drop_path(item) + "/" + std::string(kEnvelopeName)));
    TRUC_TRY(files_.sync_folder(drop_path(item)));
  }
  return move_out(drop_path(item), base);
}

Result<void> OutboundStore::publish_refused(const OutboundItem& item,
                                            const AgencyFolders& folders) {
  const Outcome& outcome = *item.outcome;
  const std::string base = folders.refused() + "/" + outcome.published_name;
  TRUC_TRY(write_durably(files_, base + ".refusal.txt", outcome.refusal_text, Access::group));
  TRUC_TRY(write_durably(files_, base + ".refusal.json", outcome.problem_json, Access::group));
  // The drop as it came, not our signed copy: it is what its producer mends and drops again.
  return move_out(drop_path(item), item.form == DropForm::package ? base + ".edxml" : base);
}

Result<void> OutboundStore::forget(const OutboundItem& item) {
  // One rename takes the item away whole; half a folder would look like a claim after a crash.
  const std::string folder = layout_.outbound(item.id);
  TRUC_TRY(move_durably(files_, folder, layout_.trash() + "/" + item.id));
  {
    const std::lock_guard lock(mutex_);
    if (item.facts) under_way_.erase({item.facts->sha256, item.id});
    if (item.outcome) {
      const auto& folders = agencies_.at(item.agency);
      chosen_.erase((item.state == OutboundState::refused ? folders.refused() : folders.sent()) +
                    "/" + item.outcome->published_name);
    }
  }
  return remove_tree(files_, layout_.trash() + "/" + item.id);
}

}  // namespace truc::edge
