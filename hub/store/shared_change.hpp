// A change that several hubs make, each in its own store, in the one order of a journal.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "hub/store/group_committer.hpp"

namespace truc::hub {

// Decides by the store and by what it says itself, and by nothing else: every hub comes to the
// same.
class SharedChange : public Change {
 public:
  // All that another hub needs to make it (entries.hpp).
  virtual std::string entry() const = 0;
};

// Where a store stands in the journal.
struct JournalPosition {
  std::int64_t next = 0;  // offset of the first entry that was not applied
  std::string members;    // the hubs, as they stood there
};

// Where a shared change goes instead of to the committer. Any thread.
class ChangeLog {
 public:
  virtual ~ChangeLog() = default;
  // The change is finished when it has come back and was applied, or when it could not be kept:
  // cut_off, event_log_failed, busy, shutting_down. It may then come back all the same.
  virtual void propose(std::unique_ptr<SharedChange> change) = 0;
};

}  // namespace truc::hub
