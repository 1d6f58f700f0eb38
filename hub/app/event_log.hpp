// The event log on Kafka, as the configuration describes it.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "hub/app/config.hpp"
#include "hub/fanout/kafka_journal.hpp"
#include "hub/fanout/kafka_reader.hpp"
#include "hub/fanout/kafka_writer.hpp"
#include "schemas/telemetry/log.hpp"

namespace truc::hub {

struct EventLog {
  std::unique_ptr<KafkaWriter> writer;
  // One of them brings the mailboxes what they hold.
  std::unique_ptr<KafkaReader> reader;    // fanout.acknowledge = "local"
  std::unique_ptr<KafkaJournal> journal;  // "replicated"
};

// Under which name the store keeps the offsets of the log that its mailboxes are fed from; none
// when they are not.
std::optional<std::string> event_log_name(const FanoutConfig& config);
// Needs no broker yet: a cluster that is away is waited for while the hub accepts. `log` outlives
// the event log. Failure: malformed_config.
Result<EventLog> open_event_log(const FanoutConfig& config, telemetry::Log& log);

}  // namespace truc::hub
