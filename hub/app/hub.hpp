// The whole hub: the only place that knows who implements what.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "hub/app/config.hpp"
#include "schemas/base/result.hpp"
#include "schemas/telemetry/log.hpp"

namespace truc::hub {

// A resource, owned by main. libxml2's process-wide state (xml::Library) outlives it.
class Hub {
 public:
  // Opens the store, starts every thread and listens; "hub.ready" is logged when requests are
  // answered. `log` outlives the hub. Failures say what cannot be used, with its place.
  static Result<std::unique_ptr<Hub>> start(HubConfig config, telemetry::Log& log);
  ~Hub();
  Hub(const Hub&) = delete;
  Hub& operator=(const Hub&) = delete;

  // Directory, trust and TLS credentials anew: all of them, or none and the failure is logged.
  void reload();
  // What has to be done now and then (fresh revocation lists, abandoned uploads); call about once a
  // minute, from the thread that calls reload().
  void tend();
  // Answers what is in flight, takes no more, and leaves nothing half done. Once.
  void stop();

  std::uint16_t agency_port() const;
  std::uint16_t operator_port() const;

 private:
  struct Parts;
  explicit Hub(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

// What --check does: everything that start() reads, without opening the store or listening.
Result<void> check_hub(const HubConfig& config);

}  // namespace truc::hub
