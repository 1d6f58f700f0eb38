// The configuration of a hub that a bench drives: default settings, apart from paths and listeners.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "bench/nation/authority.hpp"

namespace truc::bench {

// Brokers for the hub's event log, with topics that no other run has.
struct KafkaLog {
  std::string bootstrap;
  std::string acknowledge;   // local, replicated
  std::string topic_prefix;  // of all of them
};

struct HubPlace {
  std::filesystem::path base;       // what paths are written relative to; empty: as they are
  std::filesystem::path data;       // of the store
  std::filesystem::path directory;  // of agencies
  std::string address = "127.0.0.1";
  std::uint16_t agency_port = 0;  // 0: any free one
  std::uint16_t operator_port = 0;
  std::optional<KafkaLog> kafka = {};  // none: the hub's own store
};

// Of the hub Authority::kHubId. The text of hub.toml.
std::string hub_config(const HubPlace& place, const Authority& authority);

}  // namespace truc::bench
