#include "hub/app/event_log.hpp"

namespace truc::hub {
namespace {

KafkaSettings kafka_settings(const FanoutConfig& config) {
  KafkaSettings settings;
  settings.bootstrap_servers = config.bootstrap;
  settings.topic_prefix = config.topic_prefix;
  settings.journal_topic = config.journal;
  settings.group = config.group;
  settings.security = config.security;
  settings.partitions = config.partitions;
  settings.replication = config.replication;
  settings.retention = std::chrono::duration_cast<std::chrono::hours>(config.retention);
  return settings;
}

}  // namespace

std::optional<std::string> event_log_name(const FanoutConfig& config) {
  if (config.kind == FanoutConfig::Kind::embedded || config.is_replicated()) return std::nullopt;
  return log_name(kafka_settings(config));
}

Result<EventLog> open_event_log(const FanoutConfig& config, telemetry::Log& log) {
  EventLog opened;
  TRUC_TRY(opened.writer, KafkaWriter::open(kafka_settings(config), log));
  if (config.is_replicated()) {
    TRUC_TRY(opened.journal, KafkaJournal::open(kafka_settings(config), log));
  } else {
    TRUC_TRY(opened.reader, KafkaReader::open(kafka_settings(config), log));
  }
  return opened;
}

}  // namespace truc::hub
