// The adapter's configuration file (docs/operations/adapter.md), read whole and once.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "edge-adapter/bridge/identities.hpp"
#include "edge-adapter/spool/layout.hpp"
#include "edge-adapter/uplink/hubs.hpp"
#include "pki/channel/trust_keeper.hpp"
#include "schemas/telemetry/log.hpp"

namespace truc::edge {

struct AgencyConfig {
  AgencyCode code;
  std::string name;  // OrganName of composed packages
  std::string key;
  std::string chain;
  std::string folder;
};

struct EdgeConfig {
  std::vector<HubAddress> hubs;  // one at least; the first is asked first
  std::string hub_id;
  std::string tls_key;
  std::string tls_chain;
  channel::TrustSettings trust;
  std::string data;
  std::vector<AgencyConfig> agencies;
  telemetry::LogLevel log_level = telemetry::LogLevel::info;
  std::string effective;  // the same as TOML, with every default

  SpoolLayout layout() const { return SpoolLayout(data); }
  FoldersByAgency folders() const;
  std::vector<AgencyFiles> agency_files() const;
  std::string revocation_folder() const { return data + "/revocation"; }
  // For commands: with what the daemon has fetched. Failures: those of load_kept_trust.
  Result<std::shared_ptr<const pki::TrustStore>> load_trust() const;
  // Failure: agency_not_configured.
  Result<const AgencyConfig*> find(const AgencyCode& code) const;
};

// Throws config::ConfigError.
EdgeConfig load_config(const std::string& path);

}  // namespace truc::edge
