#include "schemas/telemetry/metrics.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <exception>
#include <functional>

#include "schemas/base/check.hpp"

namespace truc::telemetry {
namespace {

// The library throws for malformed and for contradicting names; both are fixed at compile time by
// our own source, so neither can be a surprise of run time.
template <class Ask>
auto& registered(const Ask& ask) {
  try {
    return ask();
  } catch (const std::exception& error) {
    detail::check_failed("a metric's name, labels and kind agree", error.what(), __FILE__,
                         __LINE__);
  }
}

}  // namespace

struct Metrics::State {
  prometheus::Registry registry;
};

void Counter::increment(std::uint64_t by) {
  series_->Increment(static_cast<double>(by));
}
void Counter::raise_to(double total) {
  series_->Increment(std::max(0.0, total - series_->Value()));
}
double Counter::value() const {
  return series_->Value();
}

void Gauge::set_value(double value) {
  series_->Set(value);
}
void Gauge::increment() {
  series_->Increment();
}
void Gauge::decrement() {
  series_->Decrement();
}
double Gauge::value() const {
  return series_->Value();
}

void Histogram::observe(double value) {
  series_->Observe(value);
}

std::vector<double> latency_buckets() {
  return {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30};
}

Metrics::Metrics() : state_(std::make_unique<State>()) {}
Metrics::~Metrics() = default;

Counter Metrics::counter(const std::string& name, const std::string& help, const Labels& labels) {
  return Counter(registered([&]() -> prometheus::Counter& {
    return prometheus::BuildCounter().Name(name).Help(help).Register(state_->registry).Add(labels);
  }));
}

Gauge Metrics::gauge(const std::string& name, const std::string& help, const Labels& labels) {
  return Gauge(registered([&]() -> prometheus::Gauge& {
    return prometheus::BuildGauge().Name(name).Help(help).Register(state_->registry).Add(labels);
  }));
}

Histogram Metrics::histogram(const std::string& name, const std::string& help,
                             const std::vector<double>& bounds, const Labels& labels) {
  TRUC_CHECK(!bounds.empty(), "a histogram without bounds tells nothing");
  const auto not_rising = std::ranges::adjacent_find(bounds, std::greater_equal<>());
  TRUC_CHECK(not_rising == bounds.end(), "a histogram's bounds rise strictly");
  return Histogram(registered([&]() -> prometheus::Histogram& {
    return prometheus::BuildHistogram()
        .Name(name)
        .Help(help)
        .Register(state_->registry)
        .Add(labels, bounds);
  }));
}

std::string Metrics::text() const {
  return prometheus::TextSerializer().Serialize(state_->registry.Collect());
}

}  // namespace truc::telemetry
