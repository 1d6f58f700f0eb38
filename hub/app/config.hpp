// The hub's settings: read once, checked whole, then handed to the components in parts.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "pki/channel/trust_keeper.hpp"
#include "schemas/config/reader.hpp"
#include "schemas/telemetry/log.hpp"

namespace truc::hub {

struct ListenerConfig {
  std::string address;
  std::uint16_t port = 0;  // 0: any free one; data/run.json tells which
};

struct CredentialConfig {
  std::string key;
  std::string chain;
};

struct FanoutConfig {
  enum class Kind : std::uint8_t { embedded, kafka } kind = Kind::embedded;
  std::string bootstrap;  // of Kafka: host:port, several separated by commas
  std::string topic_prefix;
  // When a document is acknowledged: once it is on this hub's disk, or once every replica of the
  // journal has it, which is then every hub's store.
  enum class Acknowledge : std::uint8_t { local, replicated } acknowledge = Acknowledge::local;
  std::string journal;
  std::string group;
  int partitions = 0;   // of topics that are not there yet
  int replication = 0;  // -1: the brokers' default
  std::chrono::milliseconds retention{0};
  std::map<std::string, std::string> security;  // librdkafka's names
  bool is_replicated() const { return acknowledge == Acknowledge::replicated; }
};

struct StoreConfig {
  std::size_t write_buffer_mib = 0;
  std::size_t block_cache_mib = 0;
  enum class WalDamage : std::uint8_t { refuse, cut } wal_damage = WalDamage::refuse;
};

struct BackupConfig {
  std::string directory;  // empty: no backups
  std::size_t keep = 0;
  std::chrono::milliseconds every{0};  // 0: only when asked
  std::size_t mib_per_second = 0;
  std::vector<std::string> operators;
};

struct HubConfig {
  std::string id;
  std::string data;
  std::string directory;
  ListenerConfig agency_listener;
  std::string advertised;  // "host:port" by which adapters reach it; empty: address and port
  ListenerConfig operator_listener;
  CredentialConfig tls;
  CredentialConfig receipt;
  channel::TrustSettings trust;
  std::string revocation_folder() const { return data + "/revocation"; }
  FanoutConfig fanout;
  StoreConfig store;
  BackupConfig backup;
  std::size_t event_loops = 0;
  std::size_t verifiers = 0;
  std::size_t readers = 0;
  telemetry::LogLevel log_level = telemetry::LogLevel::info;
};

// Throws config::ConfigError with every fault of the file.
HubConfig read_hub_config(config::Reader& reader);

}  // namespace truc::hub
