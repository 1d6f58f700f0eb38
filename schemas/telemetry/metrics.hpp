// Counters, gauges and histograms of one process, shown in the Prometheus text format 0.0.4.
//
//   Metrics metrics;                                       // one per process, made in main
//   Counter accepted = metrics.counter("truc_hub_ingest_documents_total",
//                                      "Documents answered, by outcome.", {{"outcome",
//                                      "accepted"}});
//   accepted.increment();
//
// Each component gathers its handles in a small probe with verbs (`document_accepted()`), so that
// logic never names a metric. A name ends in its unit or in "_total"; a label's values come from a
// closed set, never from what a peer sends. Handles are small values, safe to use from any thread,
// and must not outlive their Metrics. A series shows 0 from the moment it is asked for.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <type_traits>
#include <vector>

namespace prometheus {
class Counter;
class Gauge;
class Histogram;
}  // namespace prometheus

namespace truc::telemetry {

using Labels = std::map<std::string, std::string>;

// Only ever grows.
class Counter {
 public:
  void increment(std::uint64_t by = 1);
  // Counts on to a total that is kept elsewhere; one that is lower changes nothing.
  void raise_to(double total);
  double value() const;

 private:
  friend class Metrics;
  explicit Counter(prometheus::Counter& series) : series_(&series) {}
  prometheus::Counter* series_;
};

// Goes up and down.
class Gauge {
 public:
  template <class Number>
    requires std::is_arithmetic_v<Number>
  void set(Number value) {
    set_value(static_cast<double>(value));
  }
  void increment();
  void decrement();
  double value() const;

 private:
  friend class Metrics;
  explicit Gauge(prometheus::Gauge& series) : series_(&series) {}
  void set_value(double value);
  prometheus::Gauge* series_;
};

// Counts observations in buckets, for quantiles. Durations are kept in seconds.
class Histogram {
 public:
  void observe(std::chrono::duration<double> duration) { observe(duration.count()); }
  void observe(double value);

 private:
  friend class Metrics;
  explicit Histogram(prometheus::Histogram& series) : series_(&series) {}
  prometheus::Histogram* series_;
};

// Upper bounds in seconds from half a millisecond to half a minute: what a request may take.
std::vector<double> latency_buckets();

// Thread-safe. Asking again for the same name and labels gives the same series. A malformed name or
// label, or one name used for two kinds, is a bug and aborts.
class Metrics {
 public:
  Metrics();
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  Counter counter(const std::string& name, const std::string& help, const Labels& labels = {});
  Gauge gauge(const std::string& name, const std::string& help, const Labels& labels = {});
  // `bounds` rise strictly; the last bucket, without bound, is added. The series of one name have
  // the same bounds.
  Histogram histogram(const std::string& name, const std::string& help,
                      const std::vector<double>& bounds, const Labels& labels = {});

  // What GET /metrics answers, as "text/plain; version=0.0.4".
  std::string text() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace truc::telemetry
