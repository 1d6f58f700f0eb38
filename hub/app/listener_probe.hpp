// One listener's series.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "pki/channel/http_server.hpp"
#include "schemas/telemetry/metrics.hpp"

namespace truc::hub {

class ListenerProbe final : public channel::ServerProbe {
 public:
  // `listener` is "agency" or "operator".
  ListenerProbe(telemetry::Metrics& metrics, const std::string& listener);

  void connection_opened() override;
  void connection_closed() override;
  void handshake_refused(const Failure& failure) override;
  void connection_dropped() override;
  void head_refused(const Failure& failure) override;
  void answered(channel::Method method, int status, std::chrono::nanoseconds taken) override;

 private:
  telemetry::Gauge connections_;
  telemetry::Counter handshakes_refused_;
  telemetry::Counter dropped_;
  std::map<ErrorCode, telemetry::Counter> heads_refused_;  // by the codes that a head can get
  std::vector<telemetry::Counter> answers_;  // by the status's first digit, from 1 to 5
  telemetry::Histogram seconds_;
};

}  // namespace truc::hub
