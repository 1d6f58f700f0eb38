#include "edge-adapter/uplink/confirmations.hpp"

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

struct Confirmations::Batch {
  explicit Batch(asio::any_io_executor executor)
      : settled(std::move(executor), asio::steady_timer::time_point::max()) {}

  Result<void> outcome_of(std::size_t place) const {
    if (!outcomes) return Failure(ErrorCode::cancelled);
    if (!*outcomes) return outcomes->error();
    return outcomes->value()[place];
  }

  std::vector<pki::Confirmation> confirmations;
  std::optional<Result<std::vector<Result<void>>>> outcomes;
  asio::steady_timer settled;  // cancelled when there are outcomes, or there will be none
};

Confirmations::Confirmations(Hub& hub) : hub_(hub) {}
Confirmations::~Confirmations() = default;

asio::awaitable<Result<void>> Confirmations::confirm(pki::Confirmation confirmation) {
  if (!next_) next_ = std::make_shared<Batch>(co_await asio::this_coro::executor);
  const auto batch = next_;
  const auto place = batch->confirmations.size();
  batch->confirmations.push_back(std::move(confirmation));
  co_await go_with_others(batch);
  co_return batch->outcome_of(place);
}

asio::awaitable<void> Confirmations::go_with_others(std::shared_ptr<Batch> batch) {
  if (running_) co_await running_->settled.async_wait(kWait);
  if (next_ == batch) {
    struct Settle {
      ~Settle() {
        owner.running_.reset();
        batch->settled.cancel();
      }
      Confirmations& owner;
      std::shared_ptr<Batch> batch;
    };
    running_ = std::exchange(next_, nullptr);
    const Settle settle{*this, batch};
    batch->outcomes = co_await hub_.confirm(std::move(batch->confirmations));
  } else if (!batch->outcomes) {
    co_await batch->settled.async_wait(kWait);
  }
}

}  // namespace truc::edge
