#include "edge-adapter/uplink/hubs.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

#include "edge-adapter/uplink/problem.hpp"
#include "schemas/base/check.hpp"
#include "schemas/base/limits.hpp"

namespace truc::edge {
namespace {

constexpr int kMisdirected = 421;  // RFC 9110 15.5.20
constexpr int kUnavailable = 503;
constexpr std::string_view kScheme = "https://";

std::optional<HubAddress> address_in(const channel::ClientResponse& answer) {
  if (answer.status != kMisdirected) return std::nullopt;
  const auto location = answer.headers.find("Location");
  if (!location || !location->starts_with(kScheme)) return std::nullopt;
  std::string_view origin = *location;
  origin.remove_prefix(kScheme.size());
  const auto address = parse_hub_address(origin.substr(0, origin.find('/')));
  if (!address) return std::nullopt;
  return address.value();
}

// The hub may not act, or not much longer; another may.
bool is_out_of_service(const channel::ClientResponse& answer) {
  if (answer.status != kUnavailable) return false;
  const auto code = read_problem(answer.status, answer.body).code();
  return code == ErrorCode::cut_off || code == ErrorCode::shutting_down;
}

}  // namespace

std::string HubAddress::text() const {
  const bool is_v6 = host.find(':') != std::string::npos;
  return (is_v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

Result<HubAddress> parse_hub_address(std::string_view text) {
  const Failure malformed =
      Failure(ErrorCode::malformed_config).expected("host:port").found(std::string(text));
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return malformed;
  std::string_view host = text.substr(0, colon);
  const bool is_bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (is_bracketed) host = host.substr(1, host.size() - 2);
  if (host.empty() || (!is_bracketed && host.find_first_of("[]:") != std::string_view::npos))
    return malformed;
  HubAddress address{.host = std::string(host)};
  const std::string_view port = text.substr(colon + 1);
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), address.port);
  if (error != std::errc() || end != port.data() + port.size() || address.port == 0)
    return malformed;
  return address;
}

Hubs::Hubs(std::vector<HubAddress> known, Connect connect, telemetry::Log& log)
    : known_(std::move(known)), connect_(std::move(connect)), log_(log) {
  TRUC_CHECK(!known_.empty(), "the configuration names a hub");
  current_ = known_.front();
}

channel::HttpClient& Hubs::client_of(const HubAddress& address) {
  auto& client = clients_[address];
  if (!client) client = connect_(address);
  return *client;
}

// Unless somebody else has moved on already.
void Hubs::leave(const HubAddress& address) {
  if (current_ != address) return;
  const auto place = std::ranges::find(known_, address);
  const bool is_last = place == known_.end() || std::next(place) == known_.end();
  go_to(is_last ? known_.front() : *std::next(place));
}

void Hubs::go_to(const HubAddress& address) {
  if (current_ == address) return;
  log_.debug("uplink.hub", {{"from", current_.text()}, {"to", address.text()}});
  current_ = address;
}

asio::awaitable<Result<channel::ClientResponse>> Hubs::send(channel::ClientRequest request) {
  // Each that is known, the one that they lead to, and once more to where that has moved meanwhile.
  const std::size_t turns_max = known_.size() + 2;
  for (std::size_t turn = 1;; ++turn) {
    const HubAddress address = current_;
    const bool is_last = turn >= turns_max || (known_.size() == 1 && address == known_.front());
    auto answer = co_await client_of(address).send(request);
    if (!answer) {
      const auto code = answer.error().code();
      if (code == ErrorCode::cancelled || code == ErrorCode::busy) co_return answer;
      leave(address);
      if (is_last) co_return answer;
      continue;
    }
    const auto led_to = address_in(answer.value());
    const bool may_follow = led_to && turn < turns_max &&
                            (clients_.contains(*led_to) || clients_.size() < limits::kHubsMax);
    if (may_follow) {
      go_to(*led_to);
      continue;
    }
    if (!is_out_of_service(answer.value())) co_return answer;
    leave(address);
    if (is_last) co_return answer;
  }
}

std::string Hubs::hub() const {
  const auto found = clients_.find(current_);
  return found == clients_.end() ? std::string() : found->second->hub();
}

}  // namespace truc::edge
