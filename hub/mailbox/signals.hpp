// Wakes the long polls of agencies whose mailbox has grown.
//
//   auto subscription = signals.subscribe(agencies);       // first subscribe,
//   auto entries = store.mailbox(agencies, …);             // then look,
//   auto woken = co_await subscription->wait(until);       // and only then sleep
//
// In this order nothing that comes between looking and sleeping is missed.
#pragma once

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "schemas/base/ids.hpp"
#include "schemas/base/limits.hpp"

namespace truc::hub {

namespace asio = boost::asio;

// Any thread. Lives longer than its subscriptions.
class MailboxSignals {
 public:
  // One long poll. Owned by its coroutine; waits on that coroutine's executor, which is a strand.
  class Subscription {
   public:
    ~Subscription();
    Subscription(const Subscription&) = delete;
    Subscription& operator=(const Subscription&) = delete;

    enum class Woken : std::uint8_t { by_signal, by_deadline };
    // Returns at once when a signal came since the last wait. Failure: cancelled (the peer has
    // gone, or the hub stops).
    asio::awaitable<Result<Woken>> wait(std::chrono::steady_clock::time_point until);

   private:
    friend class MailboxSignals;
    struct State;
    Subscription(MailboxSignals& signals, std::vector<AgencyCode> agencies,
                 asio::any_io_executor executor);
    MailboxSignals& signals_;
    std::vector<AgencyCode> agencies_;
    std::shared_ptr<State> state_;
  };

  explicit MailboxSignals(std::size_t subscriptions_max = limits::kMailboxWaitersMax);
  ~MailboxSignals();
  MailboxSignals(const MailboxSignals&) = delete;
  MailboxSignals& operator=(const MailboxSignals&) = delete;

  // `executor` is the waiting coroutine's own. Failure: busy.
  Result<std::unique_ptr<Subscription>> subscribe(std::vector<AgencyCode> agencies,
                                                  asio::any_io_executor executor);
  // Wakes every subscription of one of `agencies`. Does not block; called by the feeder's thread.
  void notify(std::span<const AgencyCode> agencies);
  // Wakes every subscription: what they wait for may be elsewhere now.
  void wake_all();
  // Ends all waits, and those that would begin later, so that a stopping hub need not sit them out.
  void stop();
  std::size_t subscriptions() const;

 private:
  struct State;
  std::vector<std::shared_ptr<Subscription::State>> all() const;

  std::unique_ptr<State> state_;
};

}  // namespace truc::hub
