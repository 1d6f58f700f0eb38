// Outbound items on the disk: every change of state is durable when its function returns, and every
// function may be called again after a crash in the middle of it.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "edge-adapter/spool/layout.hpp"
#include "edge-adapter/spool/outbound_item.hpp"
#include "edge-adapter/spool/sent_index.hpp"

namespace truc::edge {

// <spool>/outbound/<id>/: item.json, drop.edxml or drop (as dropped), package.edxml (signed). Any
// thread; one item is worked on by one caller at a time. Failure of each: file_failed.
class OutboundStore {
 public:
  OutboundStore(Files& files, const SpoolLayout& layout, FoldersByAgency agencies,
                SentIndex& index);

  struct Recovered {
    std::vector<OutboundItem> items;  // by id: the oldest first
    std::vector<std::string>
        unreadable;  // ids of folders whose item.json cannot be read; left alone
  };
  // At start: what is under way. Claims that never took hold are removed.
  Result<Recovered> recover();

  // Takes out/NAME into the spool. nullopt: it is not there any more.
  Result<std::optional<OutboundItem>> claim(const AgencyCode& agency, const std::string& name,
                                            DropForm form, const std::string& id, Time now);
  Result<OutboundItem> record_prepared(OutboundItem item, PackageFacts facts,
                                       std::string_view signed_bytes);
  Result<OutboundItem> record_accepted(OutboundItem item, const TransferId& transfer,
                                       std::string receipt);
  Result<OutboundItem> record_refused(OutboundItem item, const Failure& refusal);
  Result<OutboundItem> record_registering(OutboundItem item, DeliveryId delivery);
  // Accepted or registering: the receipt, then the package to sent/. Refused: the refusal, then the
  // drop to refused/. The package or drop comes last: who sees it there finds the rest.
  Result<void> publish(const OutboundItem& item);
  // The item's last act.
  Result<void> forget(const OutboundItem& item);

  // A signed package of these bytes is still in the spool: the hub may have it already, and we not
  // yet its receipt. Asked before the index is, the two together miss nothing that was sent.
  bool is_under_way(const Sha256& package) const;

  // The dropped file or folder, and one attachment beside the envelope in it.
  std::string drop_path(const OutboundItem& item) const;
  std::string beside_path(const OutboundItem& item, const BesideFile& file) const;
  Result<std::string> signed_bytes(const OutboundItem& item) const;
  const FoldersByAgency& agencies() const { return agencies_; }

 private:
  Result<void> save(const OutboundItem& item);
  Result<void> publish_accepted(const OutboundItem& item, const AgencyFolders& folders);
  Result<void> publish_refused(const OutboundItem& item, const AgencyFolders& folders);
  Result<void> move_out(const std::string& from, const std::string& to);
  Result<std::string> choose_name(const OutboundItem& item, const std::string& folder);
  Result<const AgencyFolders*> folders_of(const AgencyCode& agency) const;
  std::string package_path(const OutboundItem& item) const;
  Result<Moved> take(const OutboundItem& item, const std::string& drop);
  Result<bool> give_back(const OutboundItem& item, const std::string& drop);

  Files& files_;
  SpoolLayout layout_;
  FoldersByAgency agencies_;
  SentIndex& index_;
  mutable std::mutex mutex_;                   // for the two below
  std::map<std::string, std::string> chosen_;  // published paths; the items that are to get there
  std::set<std::pair<Sha256, std::string>> under_way_;  // signed packages, and their items
};

}  // namespace truc::edge
