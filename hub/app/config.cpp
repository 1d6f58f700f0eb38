#include "hub/app/config.hpp"

#include <algorithm>
#include <filesystem>
#include <thread>

#include "schemas/base/limits.hpp"

namespace truc::hub {
namespace {

using namespace std::chrono_literals;

ListenerConfig read_listener(config::Reader& reader, const std::string& section,
                             const std::string& who, std::int64_t port) {
  ListenerConfig listener;
  listener.address =
      reader.text(section + ".address", "Address that " + who + " connect to.", "127.0.0.1");
  listener.port = static_cast<std::uint16_t>(reader.integer(
      section + ".port", "TCP port; 0 takes a free one and writes it to run.json in `data`.", port,
      0, 65'535));
  return listener;
}

CredentialConfig read_credential(config::Reader& reader, const std::string& section,
                                 const std::string& what) {
  CredentialConfig credential;
  credential.key = reader.text(section + ".key",
                               "PEM file of the " + what + " key, readable by its owner only.");
  credential.chain = reader.text(section + ".chain",
                                 "PEM file of its certificates, leaf first, without the root.");
  return credential;
}

FanoutConfig read_fanout(config::Reader& reader) {
  FanoutConfig fanout;
  const auto kind = reader.choice(
      "fanout.kind", "What brings deliveries to mailboxes: the hub's own store, or Kafka.",
      {"embedded", "kafka"}, "embedded");
  fanout.kind = kind == "kafka" ? FanoutConfig::Kind::kafka : FanoutConfig::Kind::embedded;
  fanout.bootstrap =
      reader.text("fanout.bootstrap", "Kafka brokers, host:port, separated by commas.", "");
  fanout.topic_prefix =
      reader.text("fanout.topic_prefix", "Kafka topics; the level's number follows.", "truc.level");
  const auto acknowledge = reader.choice(
      "fanout.acknowledge",
      "When a document is acknowledged: on this hub's disk, or on all replicas of the journal that "
      "several hubs share (Kafka).",
      {"local", "replicated"}, "local");
  fanout.acknowledge = acknowledge == "replicated" ? FanoutConfig::Acknowledge::replicated
                                                   : FanoutConfig::Acknowledge::local;
  fanout.journal =
      reader.text("fanout.journal",
                  "Kafka topic of the journal; \".beats\" follows for heartbeats.", "truc.journal");
  fanout.group = reader.text(
      "fanout.group", "Kafka consumer group; hubs of one group share the partitions.", "truc-hub");
  fanout.partitions = static_cast<int>(
      reader.integer("fanout.partitions", "Partitions of a Kafka topic that is not there yet.",
                     limits::kPartitionsPerLevel, 1, 1'000));
  fanout.replication = static_cast<int>(reader.integer(
      "fanout.replication",
      "Replicas of a Kafka topic that is not there yet; -1: the brokers' default.", -1, -1, 16));
  fanout.retention = reader.duration("fanout.retention",
                                     "How long Kafka keeps records: what a hub may be down for.",
                                     14 * 24h, 1h, 365 * 24h);
  for (config::Reader* option : reader.tables(
           "fanout.security", "A librdkafka option that begins with ssl., sasl. or security.")) {
    const auto name = option->text("name", "The option.");
    fanout.security[name] = option->text("value", "Its value.");
  }
  return fanout;
}

StoreConfig read_store(config::Reader& reader) {
  StoreConfig store;
  store.write_buffer_mib = static_cast<std::size_t>(reader.integer(
      "store.write_buffer_mib", "Memory for writes before they become tables.", 256, 16, 65'536));
  store.block_cache_mib = static_cast<std::size_t>(reader.integer(
      "store.block_cache_mib", "Memory for the blocks of tables.", 128, 16, 1'048'576));
  const auto damage = reader.choice(
      "store.wal_damage",
      "A damaged write-ahead log: refuse to open, or cut it there and lose what follows.",
      {"refuse", "cut"}, "refuse");
  store.wal_damage = damage == "cut" ? StoreConfig::WalDamage::cut : StoreConfig::WalDamage::refuse;
  return store;
}

BackupConfig read_backup(config::Reader& reader) {
  BackupConfig backup;
  backup.directory = reader.text(
      "backup.directory",
      "A folder that is there, of this hub alone and on another disk; without it, no backups.", "");
  backup.keep = static_cast<std::size_t>(
      reader.integer("backup.keep", "Backups that are kept; older ones are removed.", 7, 1, 1'000));
  backup.every = reader.duration("backup.every",
                                 "How often one is made; 0s: only when an operator asks.", 24h);
  backup.mib_per_second = static_cast<std::size_t>(reader.integer(
      "backup.mib_per_second", "What making and comparing one may read and write.", 64, 1, 65'536));
  backup.operators = reader.texts("backup.operators",
                                  "Operators, by their certificates' names, who may ask for one.",
                                  std::vector<std::string>());
  return backup;
}

// A disk that takes both with it would make of a backup none.
bool is_inside(const std::string& path, const std::string& folder) {
  const auto inner = std::filesystem::weakly_canonical(path);
  const auto outer = std::filesystem::weakly_canonical(folder);
  return std::ranges::mismatch(outer, inner).in1 == outer.end();
}

telemetry::LogLevel read_log_level(config::Reader& reader) {
  const auto level = reader.choice("log.level", "Events below this level are not written.",
                                   {"debug", "info", "warn", "error"}, "info");
  if (level == "debug") return telemetry::LogLevel::debug;
  if (level == "warn") return telemetry::LogLevel::warn;
  if (level == "error") return telemetry::LogLevel::error;
  return telemetry::LogLevel::info;
}

std::size_t processors() {
  return std::clamp<std::size_t>(std::thread::hardware_concurrency(), 1, 64);
}

}  // namespace

HubConfig read_hub_config(config::Reader& reader) {
  HubConfig config;
  config.id = reader.text("id", "The hub's name, as its certificates state it.");
  config.data = reader.text("data", "Folder of the store and of run.json; made when missing.");
  config.directory =
      reader.text("directory", "The agency directory, JSON Lines (reloaded by SIGHUP).");
  config.agency_listener = read_listener(reader, "agency_listener", "adapters", 8'443);
  config.advertised = reader.text(
      "agency_listener.advertised",
      "host:port by which adapters reach this hub from outside; empty: address and port.", "");
  config.operator_listener = read_listener(reader, "operator_listener", "operators", 8'444);
  config.tls = read_credential(reader, "tls", "TLS server's");
  config.receipt = read_credential(reader, "receipt", "receipt-signing");
  config.trust = channel::read_trust_settings(reader);
  config.fanout = read_fanout(reader);
  config.store = read_store(reader);
  config.backup = read_backup(reader);
  config.event_loops = static_cast<std::size_t>(
      reader.integer("threads.event_loops", "Threads that move bytes.",
                     static_cast<std::int64_t>(std::min<std::size_t>(processors(), 2)), 1, 64));
  config.verifiers = static_cast<std::size_t>(
      reader.integer("threads.verifiers", "Threads that verify packages and sign receipts.",
                     static_cast<std::int64_t>(processors()), 1, 256));
  config.readers = static_cast<std::size_t>(reader.integer(
      "threads.readers", "Threads that read the store and write attachments.", 4, 1, 256));
  config.log_level = read_log_level(reader);
  reader.finish();
  if (config.fanout.kind == FanoutConfig::Kind::kafka && config.fanout.bootstrap.empty())
    throw config::ConfigError("fanout.bootstrap: missing; fanout.kind = \"kafka\" needs it");
  if (config.fanout.is_replicated() && config.fanout.kind != FanoutConfig::Kind::kafka)
    throw config::ConfigError("fanout.acknowledge: \"replicated\" needs fanout.kind = \"kafka\"");
  if (!config.backup.directory.empty() && is_inside(config.backup.directory, config.data))
    throw config::ConfigError("backup.directory: lies in `data`; choose one on another disk");
  return config;
}

}  // namespace truc::hub
