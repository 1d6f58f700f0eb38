// The event log that the configuration chooses: the store's own, or a Kafka cluster.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "hub/app/config.hpp"
#include "hub/ports/event_log.hpp"
#include "hub/store/database.hpp"
#include "schemas/telemetry/log.hpp"

namespace truc::hub {

class EventLog {
 public:
  virtual ~EventLog() = default;
  virtual EventLogWriter& writer() = 0;
  virtual EventLogReader& reader() = 0;
  // Ends an append under way, so that the relay can be stopped.
  virtual void stop_writing() = 0;
};

// Under which name the store keeps this log's offsets.
std::string event_log_name(const FanoutConfig& config);
// Needs no broker yet: a cluster that is away is waited for while the hub accepts. `database` and
// `log` outlive the event log. Failures: storage_failed, storage_corrupt, malformed_config.
Result<std::unique_ptr<EventLog>> open_event_log(const FanoutConfig& config, Database& database,
                                                 telemetry::Log& log);

}  // namespace truc::hub
