// The operator listener's interface: the live page, its data, and the metrics.
#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "hub/api/adapters_online.hpp"
#include "hub/api/hub_probe.hpp"
#include "hub/directory/directory.hpp"
#include "hub/ports/backups.hpp"
#include "hub/ports/document_store.hpp"
#include "hub/ports/placement.hpp"
#include "pki/channel/http.hpp"
#include "pki/channel/offload.hpp"
#include "schemas/base/clock.hpp"

namespace truc::hub {

// What the page tells about the hub itself.
struct HubFacts {
  std::string hub_id;
  std::string version;
  std::string fanout;  // "embedded" or "kafka"
  Time started_at;
};

// Backups, and the operators who may ask for one.
struct BackupRights {
  Backups& backups;
  std::vector<std::string> operators;
};

// Borrowed; all outlive the OperatorApi and its requests.
struct OperatorServices {
  OperatorServices(const DirectorySnapshot& agencies, DocumentStore& documents,
                   channel::WorkerPool& read_pool, AdaptersOnline& online, HubProbe& hub_probe,
                   const telemetry::Metrics& all_metrics, const Clock& time)
      : directory(agencies),
        store(documents),
        readers(read_pool),
        adapters(online),
        probe(hub_probe),
        metrics(all_metrics),
        clock(time) {}
  const DirectorySnapshot& directory;
  DocumentStore& store;
  channel::WorkerPool& readers;
  AdaptersOnline& adapters;
  HubProbe& probe;
  const telemetry::Metrics& metrics;
  const Clock& clock;
  std::optional<BackupRights> backup;    // none where no folder is configured
  const Placement* placement = nullptr;  // of several hubs; null: this one serves everybody
};

// Any strand. Only operators are answered. Shows who sent to whom and how far it came, never a
// subject or content.
class OperatorApi {
 public:
  // `sample` brings the gauges up to date before the metrics are shown.
  OperatorApi(OperatorServices services, HubFacts facts, std::function<void()> sample);

  // As AgencyApi::routes().
  static std::vector<std::string> routes();

  boost::asio::awaitable<channel::Response> answer(channel::Request& request);

 private:
  using Answer = boost::asio::awaitable<Result<channel::Response>>;
  struct Route;
  static const std::vector<Route>& table();
  Answer route(channel::Request& request);
  Answer page(channel::Request& request);
  Answer shown_overview(channel::Request& request);
  Answer metrics(channel::Request& request);
  Answer health(channel::Request& request);
  Answer shown_backups(channel::Request& request);
  Answer ask_for_backup(channel::Request& request);
  // At most once a second, however many pages look.
  Result<std::string> overview();
  Result<std::string> fresh_overview(Time now);

  OperatorServices services_;
  HubFacts facts_;
  std::function<void()> sample_;
  std::mutex mutex_;  // held while an overview is made, so that one request makes it for all
  std::string overview_;
  Time overview_at_{};
};

}  // namespace truc::hub
