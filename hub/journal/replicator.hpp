// One of several hubs that keep the same store: what is accepted goes into the journal first, and
// into each hub's store in the journal's order.
//
//   accept ─▶ propose() ─▶ Journal ─▶ every hub's replicator ─▶ RocksStore::replay() ─▶ answered by
//                                                                        the hub that had proposed
//                                                                        it
//
// A hub serves its share of the mailboxes while it is on the journal's list of members and has a
// lease. A lease lasts from the sending of a heartbeat that came back, and is had once everything
// is applied that stood in the journal by then: whoever was taken off the list before it sent the
// heartbeat finds that out first. So who takes a mailbox over waits until its former hub says that
// it has applied the change, or for as long as a lease lasts, and two never serve one mailbox.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "hub/journal/membership.hpp"
#include "hub/ports/journal.hpp"
#include "hub/ports/placement.hpp"
#include "hub/store/rocks_store.hpp"
#include "hub/worker/retrying_thread.hpp"

namespace truc::hub {

struct ReplicatorSettings {
  std::string hub;
  std::string run;  // of this start alone
  std::chrono::milliseconds heartbeat_every = limits::kHeartbeatEvery;
  std::chrono::milliseconds lease = limits::kLeaseMax;
  std::chrono::milliseconds silence_max = limits::kSilenceMax;
};

struct ReplicatorCounters {
  std::atomic<std::uint64_t> applied{0};
  std::atomic<std::int64_t> next{0};  // offset
  std::atomic<std::int64_t> end{0};   // of the journal, as far as is known
};

class Replicator final : public ChangeLog, public Placement {
 public:
  // On the replicator's thread, when others serve than before; must only post.
  using Moved = std::function<void()>;

  // All outlive the replicator.
  Replicator(Journal& journal, ReplicatorSettings settings, telemetry::Log& log, Moved moved,
             RetryPauses pauses = {});
  ~Replicator() override;

  // `store` is opened with this as its journal. `address`: where adapters reach this hub,
  // "host:port".
  void start(RocksStore& store, std::string address);
  // The others take over from here on; returns when that is known, or after kLeaveWaitMax.
  void leave();
  // What waits is finished with shutting_down.
  void stop();

  void propose(std::unique_ptr<SharedChange> change) override;
  Place place_of(const SystemId& system) const override;
  bool is_serving() const override;
  std::vector<ServingHub> hubs() const override;
  // Of a duty that one hub has for all of them.
  bool has_duty(std::string_view duty) const;
  const ReplicatorCounters& counters() const { return counters_; }
  std::uint64_t failures() const { return thread_.failures(); }

 private:
  using Steady = std::chrono::steady_clock;
  // A change of ours on its way through the journal.
  struct Pending {
    std::unique_ptr<SharedChange> change;
    bool is_kept = false;  // by all replicas
  };

  // A list of members that another took the place of. Its hubs may not know that yet.
  struct Former {
    Membership membership;
    std::int64_t next;         // behind the entry that ended it
    Steady::time_point until;  // by then none of its hubs has a lease that it had from it
  };
  // What a batch has ended: lists, and hubs that have left by their own word, by name.
  struct Ended {
    std::vector<Former> lists;
    std::vector<std::string> gone;
  };
  // What a heartbeat of ours is worth once everything before `end` is applied.
  struct Promise {
    Steady::time_point sent;
    std::int64_t end;
  };

  Result<void> step();
  Result<void> read();
  Result<void> begin();
  Result<void> apply();
  Result<std::unique_ptr<Change>> change_in(const JournalRecord& record, std::int64_t next);
  std::unique_ptr<SharedChange> take_own(const std::string& key);
  void settle(const std::string& key, const Result<void>& kept);
  void hear(const std::string& beat);
  void hear_own(std::uint64_t number);
  void use_membership();
  bool tell_serving();  // whether it is
  void tend();
  void renew_lease();
  void look_for_silent(Steady::time_point now);
  void announce(bool has_joined, const std::string& hub, const std::string& run);
  std::string next_key();
  // With mutex_ held:
  bool has_lease() const;
  bool is_member() const;
  bool may_serve(std::string_view name) const;

  Journal& journal_;
  const ReplicatorSettings settings_;
  telemetry::Log& log_;
  const Moved moved_;
  ReplicatorCounters counters_;
  std::atomic<std::uint64_t> number_{0};

  mutable std::mutex mutex_;
  std::condition_variable changed_;                // with mutex_
  std::map<std::string, Pending> pending_;         // guarded by mutex_; by key
  Membership membership_;                          // guarded by mutex_
  std::vector<Former> former_;                     // guarded by mutex_; newest last
  std::map<std::string, std::int64_t> confirmed_;  // guarded by mutex_; what hub and run applied
  std::optional<Steady::time_point> lease_until_;  // guarded by mutex_
  bool is_leaving_ = false;                        // guarded by mutex_
  bool is_stopping_ = false;                       // guarded by mutex_

  // The thread's own.
  RocksStore* store_ = nullptr;
  std::string address_;
  bool is_started_ = false;
  std::vector<JournalRecord> batch_;  // read and not yet applied
  std::int64_t next_ = 0;
  Membership applied_;                                // as the store has it
  Ended ended_;                                       // by the batch that is being applied
  std::map<std::string, Steady::time_point> heard_;   // of each hub and run, the last heartbeat
  std::map<std::uint64_t, Steady::time_point> sent_;  // our heartbeats that have not come back
  std::deque<Promise> promises_;
  Steady::time_point beat_at_;
  Steady::time_point looked_at_;  // for others that are silent, and found one
  std::uint64_t beats_ = 0;
  bool was_serving_ = false;
  bool has_moved_ = false;
  bool is_superseded_ = false;  // another hub of our name has joined after us

  RetryingThread thread_;
};

}  // namespace truc::hub
