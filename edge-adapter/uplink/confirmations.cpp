#include "edge-adapter/uplink/take_off.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <optional>
#include <utility>

namespace truc::edge {
namespace {

constexpr auto kWait = asio::as_tuple(asio::use_awaitable);

}  // namespace

struct TakeOff::Batch {
  explicit Batch(asio::any_io_executor executor)
      : settled(std::move(executor), asio::steady_timer::time_point::max()) {}
  std::vector<DeliveryId> deliveries;
  std::optional<Result<void>> outcome;
  asio::steady_timer settled;  // cancelled when there is an outcome, or there will be none
};

TakeOff::TakeOff(Hub& hub) : hub_(hub) {}
TakeOff::~TakeOff() = default;

asio::awaitable<Result<void>> TakeOff::take(DeliveryId delivery) {
  if (!next_) next_ = std::make_shared<Batch>(co_await asio::this_coro::executor);
  const auto batch = next_;
  batch->deliveries.push_back(delivery);
  auto outcome = co_await take_with_others(batch);
  // One that the hub does not know refuses all of them: each finds out for itself.
  const bool is_shared = batch->deliveries.size() > 1;
  const bool is_refused = !outcome && trouble_of(outcome.error()) == Trouble::final;
  std::vector<DeliveryId> alone(1, delivery);
  if (is_shared && is_refused) outcome = co_await hub_.remove(std::move(alone));
  co_return outcome;
}

asio::awaitable<Result<void>> TakeOff::take_with_others(std::shared_ptr<Batch> batch) {
  if (running_) co_await running_->settled.async_wait(kWait);
  if (next_ == batch) {
    struct Settle {
      ~Settle() {
        owner.running_.reset();
        batch->settled.cancel();
      }
      TakeOff& owner;
      std::shared_ptr<Batch> batch;
    };
    running_ = std::exchange(next_, nullptr);
    const Settle settle{*this, batch};
    batch->outcome = co_await hub_.remove(batch->deliveries);
  } else if (!batch->outcome) {
    co_await batch->settled.async_wait(kWait);
  }
  co_return batch->outcome.value_or(Failure(ErrorCode::cancelled));
}

}  // namespace truc::edge
