// One of several hubs that keep the same store: what is accepted goes into the journal first, and
// into each hub's store in the journal's order.
//
//   accept ─▶ propose() ─▶ Journal ─▶ every hub's replicator ─▶ RocksStore::replay() ─▶ answered by
//                                                                        the hub that had proposed
//                                                                        it
//
// A hub serves mailboxes while it is on the journal's list of members and its last heartbeat came
// back within its lease; the others take it off the list only later, so two never serve one
// mailbox.
#pragma once

#include <atomic>
#include <condition_variable>
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

  Result<void> step();
  Result<void> read();
  Result<void> begin();
  Result<void> apply();
  Result<std::unique_ptr<Change>> change_in(const JournalRecord& record, std::int64_t next);
  std::unique_ptr<SharedChange> take_own(const std::string& key);
  void settle(const std::string& key, const Result<void>& kept);
  void hear(const std::string& beat);
  void tend();
  void look_for_silent(Steady::time_point now);
  void announce(bool has_joined, const std::string& hub, const std::string& run);
  std::string next_key();
  bool has_lease() const;       // mutex_ is held
  bool is_serving_now() const;  // mutex_ is held

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
  std::map<std::string, Steady::time_point> heard_;   // of each hub and run, the last heartbeat
  std::map<std::uint64_t, Steady::time_point> sent_;  // our heartbeats that have not come back
  Steady::time_point beat_at_;
  std::uint64_t beats_ = 0;
  bool was_serving_ = false;
  bool has_moved_ = false;
  bool is_superseded_ = false;  // another hub of our name has joined after us

  RetryingThread thread_;
};

}  // namespace truc::hub
