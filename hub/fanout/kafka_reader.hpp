// The event log's reading side on a Kafka cluster: a member of a consumer group.
//
// The group decides which partitions this process serves; where to begin is asked of the owner at
// every assignment, for the offsets live in the store beside the mailboxes and nowhere in Kafka.
#pragma once

#include <memory>

#include "hub/fanout/kafka_settings.hpp"
#include "hub/ports/event_log.hpp"
#include "schemas/telemetry/log.hpp"

namespace truc::hub {

class KafkaReader final : public EventLogReader {
 public:
  // Needs no broker yet. Failure: malformed_config.
  static Result<std::unique_ptr<KafkaReader>> open(KafkaSettings settings, telemetry::Log& log);
  ~KafkaReader() override;

  Result<void> start(PartitionOwner& owner) override;
  Result<std::vector<ReadRecord>> read(std::size_t max, std::chrono::milliseconds wait) override;
  // Nothing to do: Kafka's retention is the cluster's own.
  void consumed(Partition partition, std::int64_t next_offset) override;
  void stop() override;

 private:
  struct State;
  explicit KafkaReader(std::unique_ptr<State> state);
  Result<void> connect();

  std::unique_ptr<State> state_;
};

}  // namespace truc::hub
