#include "hub/app/event_log.hpp"

#include "hub/fanout/kafka_reader.hpp"
#include "hub/fanout/kafka_writer.hpp"
#include "hub/store/rocks_log.hpp"
#include "hub/store/rocks_store.hpp"

namespace truc::hub {
namespace {

class Embedded final : public EventLog {
 public:
  explicit Embedded(std::unique_ptr<RocksLog> log) : log_(std::move(log)) {}
  EventLogWriter& writer() override { return *log_; }
  EventLogReader& reader() override { return *log_; }
  void stop_writing() override {}  // its appends wait for nobody

 private:
  std::unique_ptr<RocksLog> log_;
};

class Kafka final : public EventLog {
 public:
  Kafka(std::unique_ptr<KafkaWriter> writer, std::unique_ptr<KafkaReader> reader)
      : writer_(std::move(writer)), reader_(std::move(reader)) {}
  EventLogWriter& writer() override { return *writer_; }
  EventLogReader& reader() override { return *reader_; }
  void stop_writing() override { writer_->stop(); }

 private:
  std::unique_ptr<KafkaWriter> writer_;
  std::unique_ptr<KafkaReader> reader_;
};

KafkaSettings kafka_settings(const FanoutConfig& config) {
  KafkaSettings settings;
  settings.bootstrap_servers = config.bootstrap;
  settings.topic_prefix = config.topic_prefix;
  settings.group = config.group;
  settings.security = config.security;
  settings.partitions = config.partitions;
  settings.replication = config.replication;
  settings.retention = std::chrono::duration_cast<std::chrono::hours>(config.retention);
  return settings;
}

}  // namespace

std::string event_log_name(const FanoutConfig& config) {
  if (config.kind == FanoutConfig::Kind::embedded) return std::string(kEmbeddedLog);
  return log_name(kafka_settings(config));
}

Result<std::unique_ptr<EventLog>> open_event_log(const FanoutConfig& config, Database& database,
                                                 telemetry::Log& log) {
  if (config.kind == FanoutConfig::Kind::embedded) {
    TRUC_TRY(auto embedded, RocksLog::open(database));
    return std::make_unique<Embedded>(std::move(embedded));
  }
  TRUC_TRY(auto writer, KafkaWriter::open(kafka_settings(config), log));
  TRUC_TRY(auto reader, KafkaReader::open(kafka_settings(config), log));
  return std::make_unique<Kafka>(std::move(writer), std::move(reader));
}

}  // namespace truc::hub
