// The JSON of PR-HTTP's answers, from what the domain knows.
#pragma once

#include <string>
#include <vector>

#include "hub/api/adapters_online.hpp"
#include "hub/directory/directory.hpp"
#include "hub/ports/document_store.hpp"
#include "hub/ports/placement.hpp"

namespace truc::hub {

// {"entries":[…]}
std::string mailbox_json(const std::vector<MailboxEntry>& entries);

// A transfer with the deliveries and events that the reader may see.
struct HistoryView {
  std::shared_ptr<const TransferRecord> transfer;
  std::vector<std::pair<std::uint32_t, DeliveryState>> deliveries;  // by index
  std::vector<HistoryEvent> events;
};
// Recipients' receipts beyond kMailboxPageBytesMax in all are left out and counted in
// "receipts_left_out"; the sender has each of them in its mailbox.
std::string history_json(const HistoryView& view);

std::string agency_json(const Agency& agency, std::chrono::sys_days day);
std::string agencies_json(const AgencyPage& page, std::chrono::sys_days day);

// One row of the operators' grid: identifiers and steps, neither subject nor content.
std::string summary_json(const TransferSummary& summary, const Directory& directory);
std::string hubs_json(const std::vector<ServingHub>& hubs);
std::string adapters_json(const std::vector<AdapterPresence>& adapters);

}  // namespace truc::hub
