// Where each mailbox begins. What was taken off leaves a deletion behind until RocksDB writes its
// files anew, and every look at a busy mailbox would step over thousands of them.
//
// A head rises to what a reader has found first, or to an entry before it that was announced since
// the reader looked; it falls, before the write, to an entry that comes in front of it. So nothing
// in a mailbox ever stands before its head.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "schemas/base/ids.hpp"

namespace truc::hub {

// Keys are those of the family `mailboxes`. Some 200 bytes to 2 KiB for each mailbox that was
// written or read since the start; there are no more than agencies. Safe from any thread.
class MailboxHeads {
 public:
  // Before the write that puts `key` into the mailbox. Calls and their written() are of one thread.
  void will_put(const AgencyCode& recipient, std::string_view key);
  // That write and all before it have ended, well or not.
  void written();

  // What a reader goes by; made before it opens its cursor.
  struct Look {
    std::string from;  // the first key that there may be; `end` when there is nothing
    std::string end;   // behind the last one
    std::uint64_t settled = 0;
  };
  Look look(const AgencyCode& recipient) const;
  // The cursor from `look.from` on has this first; `look.end` when it has nothing.
  void found(const AgencyCode& recipient, const Look& look, std::string_view first);

 private:
  struct Announced {
    std::uint64_t number;  // of its will_put()
    std::string key;
  };
  struct Mailbox {
    std::string head;
    std::vector<Announced> latest;  // at most kLatestMax, in their order
    std::uint64_t forgotten = 0;    // number of the last one that is not among them any more
  };

  mutable std::mutex mutex_;  // a leaf; guards what follows
  std::unordered_map<std::string, Mailbox> mailboxes_;
  std::uint64_t announced_ = 0;  // will_put() so far
  std::uint64_t settled_ = 0;    // of them, those whose write has ended
};

}  // namespace truc::hub
