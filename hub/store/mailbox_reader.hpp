// The mailboxes of several agencies as one list.
#pragma once

#include <vector>

#include "hub/store/store_state.hpp"

namespace truc::hub {

// As DocumentStore::mailbox. Each agency's own order is kept; between agencies the more urgent and
// then the earlier accepted comes first.
Result<std::vector<MailboxEntry>> read_mailboxes(StoreState& state,
                                                 const std::vector<AgencyCode>& agencies,
                                                 const PageSize& most);

}  // namespace truc::hub
