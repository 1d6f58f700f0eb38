#include "edge-adapter/app/config.hpp"

#include <algorithm>
#include <set>

#include "schemas/base/problem.hpp"
#include "schemas/config/reader.hpp"

namespace truc::edge {
namespace {

constexpr std::int64_t kPortMax = 65'535;
constexpr std::int64_t kHubPort = 8443;

telemetry::LogLevel parse_level(const std::string& text) {
  if (text == "debug") return telemetry::LogLevel::debug;
  if (text == "warn") return telemetry::LogLevel::warn;
  return text == "error" ? telemetry::LogLevel::error : telemetry::LogLevel::info;
}

struct RawAgency {
  std::string code, name, key, chain, folder;
};

RawAgency read_agency(config::Reader& table) {
  RawAgency raw;
  raw.code = table.text("code", "The agency's registered code (OrganId).");
  raw.name = table.text("name", "The agency's name, written into composed packages.", "");
  raw.key = table.text("key", "PEM file of the agency's signing key, mode 0600.");
  raw.chain = table.text("chain", "PEM file of its certificate and the chain below the anchor.");
  raw.folder = table.text("folder", "Folder with out/, sent/, refused/ and in/.");
  return raw;
}

AgencyConfig check_agency(const RawAgency& raw, const std::string& path) {
  auto code = AgencyCode::parse(raw.code);
  if (!code) throw config::ConfigError(path + ": agency.code: " + to_log_line(code.error()));
  return {.code = std::move(code).value(),
          .name = raw.name.empty() ? raw.code : raw.name,
          .key = raw.key,
          .chain = raw.chain,
          .folder = raw.folder};
}

HubAddress check_hub(const std::string& text, const std::string& path) {
  auto address = parse_hub_address(text);
  if (!address) throw config::ConfigError(path + ": hub.others: " + to_log_line(address.error()));
  return std::move(address).value();
}

// Two agencies in one folder would take each other's documents.
void require_distinct(const EdgeConfig& config, const std::string& path) {
  std::set<std::string> codes;
  std::set<std::string> folders;
  for (const auto& agency : config.agencies) {
    if (!codes.insert(agency.code.text()).second)
      throw config::ConfigError(path + ": agency.code: " + agency.code.text() + " stands twice");
    if (!folders.insert(agency.folder).second)
      throw config::ConfigError(path + ": agency.folder: " + agency.folder + " stands twice");
  }
  if (config.agencies.empty())
    throw config::ConfigError(path + ": agency: expected at least one [[agency]]");
}

}  // namespace

FoldersByAgency EdgeConfig::folders() const {
  FoldersByAgency folders;
  for (const auto& agency : agencies) folders.emplace(agency.code, AgencyFolders(agency.folder));
  return folders;
}

std::vector<AgencyFiles> EdgeConfig::agency_files() const {
  std::vector<AgencyFiles> files;
  for (const auto& agency : agencies)
    files.push_back({.code = agency.code, .key = agency.key, .chain = agency.chain});
  return files;
}

Result<std::shared_ptr<const pki::TrustStore>> EdgeConfig::load_trust() const {
  return channel::load_kept_trust(trust, revocation_folder(), SystemClock().now());
}

Result<const AgencyConfig*> EdgeConfig::find(const AgencyCode& code) const {
  const auto found = std::ranges::find(agencies, code, &AgencyConfig::code);
  if (found == agencies.end()) return Failure(ErrorCode::agency_not_configured).found(code.text());
  return &*found;
}

EdgeConfig load_config(const std::string& path) {
  const auto reader = config::Reader::from_file(path);
  EdgeConfig config;
  config.data =
      reader->text("data", "Folder of the spool: what is under way, kept private.", "spool");
  const auto host =
      reader->text("hub.host", "Name or address of the hub, as its certificate says.");
  const auto port = static_cast<std::uint16_t>(
      reader->integer("hub.port", "TCP port of the hub's agency listener.", kHubPort, 1, kPortMax));
  const auto others = reader->texts(
      "hub.others", "Other hubs of the same authority that may be asked instead, host:port.",
      std::vector<std::string>());
  config.hub_id = reader->text(
      "hub.id", "The hub whose receipts are believed; empty: any hub of the authority.", "");
  config.tls_key = reader->text("tls.key", "PEM file of the system's TLS key, mode 0600.");
  config.tls_chain = reader->text("tls.chain", "PEM file of its certificate and chain.");
  config.trust = channel::read_trust_settings(*reader);
  config.log_level = parse_level(reader->choice("log.level", "Lowest level that is logged.",
                                                {"debug", "info", "warn", "error"}, "info"));
  std::vector<RawAgency> raw;
  for (auto* table : reader->tables("agency", "An agency that this adapter serves."))
    raw.push_back(read_agency(*table));
  reader->finish();
  config.hubs.push_back({.host = host, .port = port});
  for (const auto& other : others) config.hubs.push_back(check_hub(other, path));
  for (const auto& agency : raw) config.agencies.push_back(check_agency(agency, path));
  require_distinct(config, path);
  config.effective = reader->effective();
  return config;
}

}  // namespace truc::edge
