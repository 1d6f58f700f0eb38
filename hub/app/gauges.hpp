// The series that are read from the components when somebody asks for the metrics.
#pragma once

#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "schemas/telemetry/metrics.hpp"

namespace truc::hub {

// Any thread. The readings outlive the Gauges' use.
class Gauges {
 public:
  using Reading = std::function<double()>;

  explicit Gauges(telemetry::Metrics& metrics) : metrics_(metrics) {}
  // A value that goes up and down.
  void level(const std::string& name, const std::string& help, Reading reading);
  // A value that only grows from 0, kept elsewhere.
  void total(const std::string& name, const std::string& help, Reading reading);
  void sample();

 private:
  struct Level {
    telemetry::Gauge gauge;
    Reading reading;
  };
  struct Total {
    telemetry::Counter counter;
    Reading reading;
  };
  telemetry::Metrics& metrics_;
  std::mutex mutex_;
  std::vector<Level> levels_;
  std::vector<Total> totals_;
};

}  // namespace truc::hub
