// Takes receipts off the mailbox: those that are filed while a request is on its way go together in
// the next one.
#pragma once

#include <boost/asio/awaitable.hpp>

#include <memory>

#include "edge-adapter/uplink/hub.hpp"

namespace truc::edge {

// On the event loop's one thread; outlives its calls. A request holds at most as many as call at
// once, which the pump bounds (kInboundAtOnce).
class TakeOff {
 public:
  explicit TakeOff(Hub& hub);
  ~TakeOff();

  // Failures: as Hub::remove of this one alone.
  asio::awaitable<Result<void>> take(DeliveryId delivery);

 private:
  struct Batch;
  asio::awaitable<Result<void>> take_with_others(std::shared_ptr<Batch> batch);

  Hub& hub_;
  std::shared_ptr<Batch> running_;  // on its way to the hub
  std::shared_ptr<Batch> next_;     // collects meanwhile
};

}  // namespace truc::edge
