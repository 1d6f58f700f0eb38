#include "hub/journal/replicator.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <utility>

#include "schemas/base/limits.hpp"

namespace truc::hub {
namespace {

constexpr std::size_t kBeatsUnheardMax = 64;  // heartbeats of ours that may be under way

// One start of one hub.
std::string name_of(const std::string& hub, const std::string& run) {
  return hub + '/' + run;
}

std::string numbered(const std::string& name, std::uint64_t number) {
  return name + '/' + std::to_string(number);
}

struct Beat {
  std::string name;
  std::uint64_t number = 0;
  std::int64_t applied = 0;
};

// HUB/RUN/NUMBER/OFFSET
std::string to_text(const Beat& beat) {
  return numbered(beat.name, beat.number) + '/' + std::to_string(beat.applied);
}

template <class Number>
bool take_number(std::string_view& text, Number& number) {
  const auto slash = text.rfind('/');
  if (slash == std::string_view::npos) return false;
  const auto digits = text.substr(slash + 1);
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  text = text.substr(0, slash);
  return error == std::errc() && end == digits.data() + digits.size();
}

std::optional<Beat> parse_beat(std::string_view text) {
  Beat beat;
  if (!take_number(text, beat.applied) || !take_number(text, beat.number)) return std::nullopt;
  beat.name = text;
  return beat;
}

}  // namespace

Replicator::Replicator(Journal& journal, ReplicatorSettings settings, telemetry::Log& log,
                       Moved moved, RetryPauses pauses)
    : journal_(journal),
      settings_(std::move(settings)),
      log_(log),
      moved_(std::move(moved)),
      thread_("journal", [this] { return step(); }, pauses, log) {}

Replicator::~Replicator() {
  stop();
}

void Replicator::start(RocksStore& store, std::string address) {
  store_ = &store;
  address_ = std::move(address);
  thread_.start();
}

// First nothing is shown any more, then it is said.
void Replicator::leave() {
  {
    const std::lock_guard lock(mutex_);
    is_leaving_ = true;
    if (!membership_.has(settings_.hub, settings_.run)) return;
  }
  announce(false, settings_.hub, settings_.run);
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, limits::kLeaveWaitMax,
                    [this] { return !membership_.has(settings_.hub, settings_.run); });
}

void Replicator::stop() {
  {
    const std::lock_guard lock(mutex_);
    is_stopping_ = true;
    changed_.notify_all();
  }
  journal_.stop();
  thread_.stop();
  std::map<std::string, Pending> left;
  {
    const std::lock_guard lock(mutex_);
    left.swap(pending_);
  }
  for (auto& [key, pending] : left) pending.change->finish(Failure(ErrorCode::shutting_down));
}

std::string Replicator::next_key() {
  return numbered(name_of(settings_.hub, settings_.run), ++number_);
}

void Replicator::propose(std::unique_ptr<SharedChange> change) {
  const auto key = next_key();
  auto entry = change->entry();
  std::optional<ErrorCode> refusal;
  {
    const std::lock_guard lock(mutex_);
    if (is_stopping_) {
      refusal = ErrorCode::shutting_down;
    } else if (!has_lease()) {
      refusal = ErrorCode::cut_off;
    } else if (pending_.size() >= limits::kCommitQueueMax) {
      refusal = ErrorCode::busy;
    } else {
      pending_.emplace(key, Pending{std::move(change)});
    }
  }
  if (refusal) return change->finish(Failure(*refusal));
  journal_.append(key, std::move(entry),
                  [this, key](const Result<void>& kept) { settle(key, kept); });
}

void Replicator::settle(const std::string& key, const Result<void>& kept) {
  std::unique_ptr<SharedChange> failed;
  {
    const std::lock_guard lock(mutex_);
    const auto found = pending_.find(key);
    if (found == pending_.end()) return;
    if (kept) {
      found->second.is_kept = true;
    } else {
      failed = std::move(found->second.change);
      pending_.erase(found);
    }
    changed_.notify_all();
  }
  if (failed) failed->finish(kept);
}

// Null: of another hub, or nobody waits for it any more. One of ours whose replicas have not
// answered yet is waited for: it is visible because the leader alone has it, and nobody can append
// until more do, or because the answer is on its way.
std::unique_ptr<SharedChange> Replicator::take_own(const std::string& key) {
  const auto is_decided = [&] {
    const auto found = pending_.find(key);
    return found == pending_.end() || found->second.is_kept || is_stopping_;
  };
  std::unique_lock lock(mutex_);
  std::unique_ptr<SharedChange> taken;
  while (!changed_.wait_for(lock, settings_.heartbeat_every, is_decided)) {
    lock.unlock();
    tell_serving();  // a lease may end meanwhile, and who waits at a mailbox has to hear of it
    lock.lock();
  }
  const auto found = pending_.find(key);
  if (found == pending_.end() || !found->second.is_kept) return nullptr;
  taken = std::move(found->second.change);
  pending_.erase(found);
  return taken;
}

Result<void> Replicator::begin() {
  TRUC_TRY(const auto name, journal_.name());
  TRUC_TRY(store_->bind_to_journal(name));
  TRUC_TRY(const auto position, store_->journal_position());
  TRUC_TRY(applied_, Membership::parse(position.members));
  TRUC_TRY(journal_.start(position.next));
  next_ = position.next;
  counters_.next = next_;
  const std::lock_guard lock(mutex_);
  membership_ = applied_;
  heard_.clear();
  sent_.clear();
  promises_.clear();
  return success();
}

Result<void> Replicator::step() {
  auto done = read();
  if (done) done = apply();
  tend();
  return done;
}

Result<void> Replicator::read() {
  if (!is_started_) {
    TRUC_TRY(begin());
    is_started_ = true;
  }
  if (!batch_.empty()) return success();
  auto batch = journal_.read(limits::kJournalBatchMax, limits::kJournalBatchBytesMax,
                             limits::kJournalReadWait);
  if (!batch) {
    is_started_ = false;
    return std::move(batch).error();
  }
  batch_ = std::move(batch.value().records);
  counters_.end = batch.value().end;
  for (const auto& beat : batch.value().beats) hear(beat);
  return success();
}

Result<std::unique_ptr<Change>> Replicator::change_in(const JournalRecord& record,
                                                      std::int64_t next) {
  if (record.offset != next) {
    return Failure(ErrorCode::journal_mismatch)
        .expected("the entry at " + std::to_string(next))
        .found("the one at " + std::to_string(record.offset));
  }
  if (auto own = take_own(record.key)) return std::unique_ptr<Change>(std::move(own));
  auto entry = parse_entry(record.value);
  if (!entry) {
    // Whoever left it out would have another store than the others from here on.
    return std::move(entry.error()).at("journal offset " + std::to_string(record.offset));
  }
  if (const auto* change = std::get_if<MemberChange>(&entry.value())) {
    const bool was_member = applied_.has(settings_.hub, settings_.run);
    const auto name = name_of(change->hub, change->run);
    // Who says so itself has stopped before.
    if (!change->has_joined && record.key.starts_with(name + '/')) ended_.gone.push_back(name);
    auto before = applied_;
    // Several say the same of one that is silent, and one that is not answered says it again.
    if (!applied_.apply(*change)) return store_->change_of(std::move(entry).value());
    ended_.lists.push_back({std::move(before), next + 1, {}});
    has_moved_ = true;
    if (was_member && !applied_.has(settings_.hub, settings_.run) && change->has_joined) {
      // It has our name, so it is the one that has it now; two would take turns.
      log_.error("hubs.superseded", {{"run", change->run}, {"address", change->address}});
      is_superseded_ = true;
    }
    if (change->has_joined) {
      log_.info("hubs.joined", {{"hub", change->hub}, {"run", change->run}});
    } else {
      log_.info("hubs.left", {{"hub", change->hub}, {"run", change->run}});
    }
  }
  return store_->change_of(std::move(entry).value());
}

// All of the batch, in one write. After a failure it is read from `batch_` again: what was ours is
// then made for nobody, who has been told of the failure.
Result<void> Replicator::apply() {
  if (batch_.empty()) return success();
  const Membership before = applied_;
  ended_ = {};
  std::vector<std::unique_ptr<Change>> changes;
  std::optional<Failure> failure;
  std::size_t count = 0;
  for (const auto& record : batch_) {
    auto change = change_in(record, next_ + static_cast<std::int64_t>(count));
    if (!change) {
      failure = std::move(change).error();
      break;
    }
    if (change.value()) changes.push_back(std::move(change).value());
    ++count;
  }
  if (count > 0) {
    const auto next = batch_[count - 1].offset + 1;
    const auto written =
        store_->replay(std::move(changes), {.next = next, .members = applied_.to_json()});
    if (!written) {
      applied_ = before;
      return written;
    }
    use_membership();
    next_ = next;
    counters_.next = next;
    counters_.applied.fetch_add(count, std::memory_order_relaxed);
    batch_.erase(batch_.begin(), batch_.begin() + static_cast<std::ptrdiff_t>(count));
  }
  if (failure) return std::move(*failure);
  return success();
}

// Also lists that stood for the length of a batch here: another hub may have gone by one for
// longer.
void Replicator::use_membership() {
  if (ended_.lists.empty() && ended_.gone.empty()) return;
  const auto now = Steady::now();
  const std::lock_guard lock(mutex_);
  std::erase_if(former_, [now](const Former& one) { return one.until <= now; });
  for (auto& list : ended_.lists) {
    list.until = now + settings_.lease;
    former_.push_back(std::move(list));
  }
  for (const auto& name : ended_.gone) confirmed_[name] = std::numeric_limits<std::int64_t>::max();
  membership_ = applied_;
  changed_.notify_all();
}

void Replicator::hear(const std::string& text) {
  const auto beat = parse_beat(text);
  if (!beat) return;
  heard_[beat->name] = Steady::now();
  {
    const std::lock_guard lock(mutex_);
    auto& confirmed = confirmed_[beat->name];
    confirmed = std::max(confirmed, beat->applied);  // one that has left may still be heard
  }
  if (beat->name == name_of(settings_.hub, settings_.run)) hear_own(beat->number);
}

void Replicator::hear_own(std::uint64_t number) {
  const auto sent = sent_.find(number);
  if (sent == sent_.end()) return;
  const auto end = journal_.end();
  if (end) promises_.push_back({sent->second, end.value()});
  sent_.erase(sent_.begin(), std::next(sent));
}

void Replicator::renew_lease() {
  while (!promises_.empty() && promises_.front().end <= next_) {
    const std::lock_guard lock(mutex_);
    lease_until_ = promises_.front().sent + settings_.lease;
    promises_.pop_front();
  }
}

bool Replicator::tell_serving() {
  const bool has_say = is_serving();
  if (has_say == was_serving_) return has_say;
  if (has_say) {
    log_.info("hub.serving");
  } else {
    log_.warn("hub.not_serving");
  }
  was_serving_ = has_say;
  moved_();
  return has_say;
}

// Our own heartbeat, our place among the members, and those who are silent.
void Replicator::tend() {
  renew_lease();
  const auto now = Steady::now();
  const bool has_say = tell_serving();
  bool is_among = false;
  bool is_leaving = false;
  {
    const std::lock_guard lock(mutex_);
    is_among = is_member();
    is_leaving = is_leaving_;
  }
  // Who is behind, or cannot write what it reads, has nothing to offer.
  const bool is_caught_up = is_started_ && batch_.empty() &&
                            counters_.end - next_ <= std::int64_t{limits::kJournalLagMax};
  if (is_caught_up && !is_superseded_ && now - beat_at_ >= settings_.heartbeat_every) {
    beat_at_ = now;
    if (sent_.size() >= kBeatsUnheardMax) sent_.erase(sent_.begin());
    sent_[++beats_] = now;
    journal_.beat(to_text({name_of(settings_.hub, settings_.run), beats_, next_}));
    if (!is_among && !is_leaving) announce(true, settings_.hub, settings_.run);
  }
  if (has_say && now - looked_at_ >= settings_.heartbeat_every) look_for_silent(now);
  if (std::exchange(has_moved_, false)) moved_();
}

// Only who hears itself can tell that others are silent.
void Replicator::look_for_silent(Steady::time_point now) {
  const auto is_old = [&](Steady::time_point time) {
    return now - time > 10 * settings_.silence_max;
  };
  for (const auto& member : applied_.members()) {
    if (member.hub == settings_.hub) continue;
    // Of one that was never heard, the time begins now.
    const auto heard = heard_.emplace(name_of(member.hub, member.run), now).first->second;
    if (now - heard < settings_.silence_max) continue;
    looked_at_ = now;  // and not again before that has had time to come back
    log_.warn("hubs.silent", {{"hub", member.hub}, {"run", member.run}});
    announce(false, member.hub, member.run);
  }
  const std::lock_guard lock(mutex_);
  std::erase_if(confirmed_, [&](const auto& one) {
    const auto heard = heard_.find(one.first);
    return heard == heard_.end() || is_old(heard->second);
  });
  std::erase_if(heard_, [&](const auto& one) { return is_old(one.second); });
}

void Replicator::announce(bool has_joined, const std::string& hub, const std::string& run) {
  const MemberChange change{.has_joined = has_joined,
                            .hub = hub,
                            .run = run,
                            .address = has_joined ? address_ : std::string()};
  journal_.append(next_key(), to_entry(change), [](const Result<void>&) {});
}

bool Replicator::has_lease() const {
  return lease_until_ && Steady::now() < *lease_until_;
}

bool Replicator::is_member() const {
  return membership_.has(settings_.hub, settings_.run);
}

// Whether nobody else can think that `name` is its own; it is ours by the present list.
bool Replicator::may_serve(std::string_view name) const {
  if (is_leaving_ || !has_lease()) return false;
  const auto now = Steady::now();
  for (const Former& former : former_) {
    const auto* owner = former.membership.owner_of(name);
    if (owner == nullptr || owner->hub == settings_.hub || former.until <= now) continue;
    const auto applied = confirmed_.find(name_of(owner->hub, owner->run));
    if (applied == confirmed_.end() || applied->second < former.next) return false;
  }
  return true;
}

bool Replicator::is_serving() const {
  const std::lock_guard lock(mutex_);
  return has_lease() && is_member();
}

Place Replicator::place_of(const SystemId& system) const {
  const std::lock_guard lock(mutex_);
  // Who has just left still knows who took over.
  if (!is_leaving_ && !(has_lease() && is_member())) return {};
  const auto* owner = membership_.owner_of(system.text());
  if (owner == nullptr) return {};
  if (owner->hub != settings_.hub)
    return {.where = Place::Where::elsewhere, .address = owner->address};
  if (!may_serve(system.text())) return {};
  return {.where = Place::Where::here, .address = {}};
}

bool Replicator::has_duty(std::string_view duty) const {
  const std::lock_guard lock(mutex_);
  const auto* owner = membership_.owner_of(duty);
  return owner != nullptr && owner->hub == settings_.hub && owner->run == settings_.run &&
         may_serve(duty);
}

std::vector<ServingHub> Replicator::hubs() const {
  std::vector<ServingHub> hubs;
  const std::lock_guard lock(mutex_);
  for (const auto& member : membership_.members())
    hubs.push_back(ServingHub{member.hub, member.address});
  return hubs;
}

}  // namespace truc::hub
