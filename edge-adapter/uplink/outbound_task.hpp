// Drives one outbound item as far as it goes: from its claim to sent/ or refused/.
#pragma once

#include <boost/asio/awaitable.hpp>

#include "edge-adapter/uplink/services.hpp"

namespace truc::edge {

// Stateless beside the item; any number at once, one per item.
class OutboundTask {
 public:
  explicit OutboundTask(Services& services) : services_(services) {}

  // Success: the item is gone from the spool. A failure leaves it in the state that `item` then
  // shows, which is also the one on the disk, and run() goes on from there. `item` outlives the
  // call.
  asio::awaitable<Result<void>> run(OutboundItem& item);

  // The first step alone, blocking, any thread: sign and check the drop, or refuse it. An item in
  // another state comes back as it is.
  Result<OutboundItem> prepare(OutboundItem item);

 private:
  asio::awaitable<Result<OutboundItem>> advance(OutboundItem item);
  asio::awaitable<Result<OutboundItem>> transmit(OutboundItem item);
  asio::awaitable<Result<void>> upload_beside(const OutboundItem& item);
  asio::awaitable<Result<void>> upload_file(std::string path, BesideFile file);
  asio::awaitable<Result<void>> put_registered(const OutboundItem& item);
  Result<OutboundItem> believe(OutboundItem item, std::string receipt);
  Result<OutboundItem> publish(OutboundItem item);
  Result<std::optional<DeliveryId>> registered_delivery(const OutboundItem& item);

  Services& services_;
};

}  // namespace truc::edge
