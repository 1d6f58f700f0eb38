#include "hub/mailbox/signals.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <unordered_map>

namespace truc::hub {

// The timer is touched on its own executor only; the flag from anywhere.
struct MailboxSignals::Subscription::State {
  explicit State(asio::any_io_executor on) : executor(std::move(on)), timer(executor) {}

  // On the strand this runs either before the coroutine looks at the flags or after it sleeps.
  static void wake(const std::shared_ptr<State>& state) {
    asio::post(state->executor, [state] { state->timer.cancel(); });
  }

  asio::any_io_executor executor;
  asio::steady_timer timer;
  std::atomic<bool> signalled = false;
};

struct MailboxSignals::State {
  explicit State(std::size_t most) : subscriptions_max(most) {}
  const std::size_t subscriptions_max;
  mutable std::mutex mutex;  // a leaf: nothing is called under it
  std::size_t subscriptions = 0;
  std::atomic<bool> stopped = false;
  std::unordered_map<AgencyCode, std::vector<std::shared_ptr<Subscription::State>>> waiting;
};

MailboxSignals::Subscription::Subscription(MailboxSignals& signals,
                                           std::vector<AgencyCode> agencies,
                                           asio::any_io_executor executor)
    : signals_(signals),
      agencies_(std::move(agencies)),
      state_(std::make_shared<State>(std::move(executor))) {}

MailboxSignals::Subscription::~Subscription() {
  auto& shared = *signals_.state_;
  const std::lock_guard lock(shared.mutex);
  --shared.subscriptions;
  for (const AgencyCode& agency : agencies_) {
    const auto entry = shared.waiting.find(agency);
    std::erase(entry->second, state_);
    if (entry->second.empty()) shared.waiting.erase(entry);
  }
}

asio::awaitable<Result<MailboxSignals::Subscription::Woken>> MailboxSignals::Subscription::wait(
    std::chrono::steady_clock::time_point until) {
  while (!state_->signalled.exchange(false)) {  // ends: a signal, the deadline, or a cancellation
    if (signals_.state_->stopped) co_return ErrorCode::shutting_down;
    if (std::chrono::steady_clock::now() >= until) co_return Woken::by_deadline;
    state_->timer.expires_at(until);
    co_await state_->timer.async_wait(asio::as_tuple(asio::use_awaitable));
    // A wake-up posted for a signal that an earlier turn took already ends the sleep too early;
    // only the coroutine's own cancellation is the end of the wait.
    const auto cancellation = co_await asio::this_coro::cancellation_state;
    if (cancellation.cancelled() != asio::cancellation_type::none) co_return ErrorCode::cancelled;
  }
  co_return Woken::by_signal;
}

MailboxSignals::MailboxSignals(std::size_t subscriptions_max)
    : state_(std::make_unique<State>(subscriptions_max)) {}

MailboxSignals::~MailboxSignals() = default;

Result<std::unique_ptr<MailboxSignals::Subscription>> MailboxSignals::subscribe(
    std::vector<AgencyCode> agencies, asio::any_io_executor executor) {
  std::ranges::sort(agencies);
  agencies.erase(std::ranges::unique(agencies).begin(), agencies.end());
  const std::lock_guard lock(state_->mutex);
  if (state_->subscriptions >= state_->subscriptions_max) return ErrorCode::busy;
  std::unique_ptr<Subscription> made(
      new Subscription(*this, std::move(agencies), std::move(executor)));
  for (const AgencyCode& agency : made->agencies_) state_->waiting[agency].push_back(made->state_);
  ++state_->subscriptions;
  return made;
}

void MailboxSignals::notify(std::span<const AgencyCode> agencies) {
  std::vector<std::shared_ptr<Subscription::State>> woken;
  {
    const std::lock_guard lock(state_->mutex);
    for (const AgencyCode& agency : agencies) {
      const auto entry = state_->waiting.find(agency);
      if (entry == state_->waiting.end()) continue;
      woken.insert(woken.end(), entry->second.begin(), entry->second.end());
    }
  }
  for (const auto& state : woken) {
    if (!state->signalled.exchange(true)) Subscription::State::wake(state);
  }
}

std::vector<std::shared_ptr<MailboxSignals::Subscription::State>> MailboxSignals::all() const {
  std::vector<std::shared_ptr<Subscription::State>> states;
  const std::lock_guard lock(state_->mutex);
  for (const auto& [agency, waiting] : state_->waiting)
    states.insert(states.end(), waiting.begin(), waiting.end());
  return states;
}

void MailboxSignals::wake_all() {
  for (const auto& state : all()) {
    if (!state->signalled.exchange(true)) Subscription::State::wake(state);
  }
}

void MailboxSignals::stop() {
  state_->stopped = true;
  for (const auto& state : all()) Subscription::State::wake(state);
}

std::size_t MailboxSignals::subscriptions() const {
  const std::lock_guard lock(state_->mutex);
  return state_->subscriptions;
}

}  // namespace truc::hub
