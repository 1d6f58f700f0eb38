// One deadline that moves: cheap to set again and again on a connection.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <functional>
#include <memory>

namespace truc::channel {

using Steady = std::chrono::steady_clock;

// Touched on the strand that it was made with. While a deadline that has passed stays set, `bite`
// is repeated: a single cancel could fall between two steps of a composed operation and be lost.
class Watchdog : public std::enable_shared_from_this<Watchdog> {
 public:
  Watchdog(boost::asio::any_io_executor strand, std::function<void()> bite);

  // Setting again, later or earlier, also forgets that the last deadline passed.
  void set(Steady::time_point deadline);
  // No deadline; a later one needs no new timer when the pending one wakes first.
  void clear() { deadline_ = Steady::time_point::max(); }
  // For ever: `bite` is not called any more and nothing waits.
  void stop();
  bool expired() const { return expired_; }

 private:
  void arm(Steady::time_point wake);
  void woken();

  boost::asio::steady_timer timer_;
  std::function<void()> bite_;
  Steady::time_point deadline_ = Steady::time_point::max();
  Steady::time_point wake_ = Steady::time_point::max();  // max: nothing waits
  std::uint64_t round_ = 0;  // tells a wait that was replaced from the one that counts
  bool expired_ = false;
};

}  // namespace truc::channel
