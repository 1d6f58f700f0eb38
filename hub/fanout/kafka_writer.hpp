// The event log's writing side on a Kafka cluster.
//
// acks=all and an idempotent producer: what append() reports as kept is on all replicas in sync,
// once and in order per key. After a failure the producer's own retries are over and nothing is
// under way any more, so that appending the same records again cannot overtake the first attempt.
#pragma once

#include <memory>

#include "hub/fanout/kafka_settings.hpp"
#include "hub/ports/event_log.hpp"
#include "schemas/telemetry/log.hpp"

namespace truc::hub {

class KafkaWriter final : public EventLogWriter {
 public:
  // Needs no broker yet. Failure: malformed_config.
  static Result<std::unique_ptr<KafkaWriter>> open(KafkaSettings settings, telemetry::Log& log);
  ~KafkaWriter() override;

  Result<void> append(std::span<const LogRecord> records) override;

  // Ends an append under way with `cancelled`, and refuses others. From any thread.
  void stop();

 private:
  struct State;
  explicit KafkaWriter(std::unique_ptr<State> state);
  Result<void> connect();

  std::unique_ptr<State> state_;
};

}  // namespace truc::hub
