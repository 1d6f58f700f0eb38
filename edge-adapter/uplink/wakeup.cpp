#include "edge-adapter/uplink/wakeup.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace truc::edge {

namespace asio = boost::asio;

struct Wakeup::State {
  explicit State(asio::any_io_executor executor) : timer(std::move(executor)) {}
  asio::steady_timer timer;
  enum class Pending : std::uint8_t { no, yes } pending = Pending::no;
};

Wakeup::Wakeup(asio::any_io_executor executor)
    : state_(std::make_unique<State>(std::move(executor))) {}

Wakeup::~Wakeup() = default;

void Wakeup::notify() {
  state_->pending = State::Pending::yes;
  state_->timer.cancel();
}

asio::awaitable<void> Wakeup::wait_until(std::chrono::steady_clock::time_point deadline) {
  if (state_->pending == State::Pending::no) {
    state_->timer.expires_at(deadline);
    co_await state_->timer.async_wait(asio::as_tuple(asio::use_awaitable));
  }
  state_->pending = State::Pending::no;
}

}  // namespace truc::edge
