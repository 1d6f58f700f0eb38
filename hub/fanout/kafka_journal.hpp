// The journal on a Kafka cluster: one topic of one partition, kept for ever, and one for
// heartbeats.
//
// acks=all and an idempotent producer, as for the level topics. Reading is by assignment, not by a
// group: every hub reads everything.
#pragma once

#include <memory>
#include <string>

#include "hub/fanout/kafka_settings.hpp"
#include "hub/ports/journal.hpp"
#include "schemas/telemetry/log.hpp"

namespace truc::hub {

class KafkaJournal final : public Journal {
 public:
  // Needs no broker yet. Failure: malformed_config.
  static Result<std::unique_ptr<KafkaJournal>> open(KafkaSettings settings, telemetry::Log& log);
  ~KafkaJournal() override;

  void append(std::string key, std::string value, Kept kept) override;
  void beat(std::string value) override;
  Result<std::string> name() override;
  Result<std::int64_t> end() override;
  Result<void> start(std::int64_t offset) override;
  Result<JournalBatch> read(std::size_t max, std::size_t bytes_max,
                            std::chrono::milliseconds wait) override;
  void stop() override;

 private:
  struct State;
  explicit KafkaJournal(std::unique_ptr<State> state);

  std::unique_ptr<State> state_;
};

}  // namespace truc::hub
