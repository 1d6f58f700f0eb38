#include "pki/channel/watchdog.hpp"

#include <utility>

namespace truc::channel {

Watchdog::Watchdog(boost::asio::any_io_executor strand, std::function<void()> bite)
    : timer_(std::move(strand)), bite_(std::move(bite)) {}

void Watchdog::set(Steady::time_point deadline) {
  deadline_ = deadline;
  expired_ = false;
  if (deadline < wake_ && bite_) arm(deadline);
}

void Watchdog::stop() {
  clear();
  bite_ = nullptr;
  ++round_;
  wake_ = Steady::time_point::max();
  timer_.cancel();
}

void Watchdog::arm(Steady::time_point wake) {
  wake_ = wake;
  timer_.expires_at(wake);
  timer_.async_wait([self = shared_from_this(), round = ++round_](const auto&) {
    if (round == self->round_) self->woken();
  });
}

void Watchdog::woken() {
  constexpr auto kRepeat = std::chrono::milliseconds(50);
  wake_ = Steady::time_point::max();
  if (deadline_ == Steady::time_point::max()) return;
  if (Steady::now() < deadline_) return arm(deadline_);
  expired_ = true;
  bite_();
  arm(Steady::now() + kRepeat);
}

}  // namespace truc::channel
