// Several hubs asked as if they were one.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "pki/channel/http_client.hpp"
#include "schemas/telemetry/log.hpp"

namespace truc::edge {

namespace asio = boost::asio;

struct HubAddress {
  std::string host;
  std::uint16_t port = 0;
  std::string text() const;  // "host:port"
  auto operator<=>(const HubAddress&) const = default;
};
// "host:port", an IPv6 address in brackets. Failure: malformed_config.
Result<HubAddress> parse_hub_address(std::string_view text);

// Asks the hub that answered last; one that does not answer, or is cut off from the others, is left
// for the next of those it knows, and one that names the hub that serves us is followed there: its
// certificate has proved that it is a hub. Each request is tried at each hub about once.
//
// Calls of one executor.
class Hubs final : public channel::HttpClient {
 public:
  using Connect = std::function<std::unique_ptr<channel::HttpClient>(const HubAddress&)>;
  // `known` holds one at least, the first is asked first. `log` outlives it.
  Hubs(std::vector<HubAddress> known, Connect connect, telemetry::Log& log);

  // A hub that leads to one that does not answer has the last word: its 421.
  asio::awaitable<Result<channel::ClientResponse>> send(channel::ClientRequest request) override;
  std::string hub() const override;

 private:
  channel::HttpClient& client_of(const HubAddress& address);
  void leave(const HubAddress& address);
  void go_to(const HubAddress& address);

  const std::vector<HubAddress> known_;
  const Connect connect_;
  telemetry::Log& log_;
  HubAddress current_;
  std::map<HubAddress, std::unique_ptr<channel::HttpClient>> clients_;
};

}  // namespace truc::edge
