// Tells the hub what became of deliveries: those that are ready while a request is on its way go
// together in the next one.
#pragma once

#include <boost/asio/awaitable.hpp>

#include <memory>

#include "edge-adapter/uplink/hub.hpp"

namespace truc::edge {

// On the event loop's one thread; outlives its calls. A request holds at most as many as call at
// once, which the pumps bound (kInboundAtOnce, kOutboundAtOnce).
class Confirmations {
 public:
  explicit Confirmations(Hub& hub);
  ~Confirmations();

  // Failures: as Hub::confirm, of this one or of the request that it was in.
  asio::awaitable<Result<void>> confirm(pki::Confirmation confirmation);

 private:
  struct Batch;
  asio::awaitable<void> go_with_others(std::shared_ptr<Batch> batch);

  Hub& hub_;
  std::shared_ptr<Batch> running_;  // on its way to the hub
  std::shared_ptr<Batch> next_;     // collects meanwhile
};

}  // namespace truc::edge
