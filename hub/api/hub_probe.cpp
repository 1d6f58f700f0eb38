#include "hub/api/hub_probe.hpp"

namespace truc::hub {
namespace {

telemetry::Counter receipt_counter(telemetry::Metrics& metrics, pki::ReceiptKind kind) {
  return metrics.counter("truc_hub_recipient_receipts_total",
                         "Receipts of recipients that were stored, by kind.",
                         {{"kind", std::string(to_text(kind))}});
}

std::size_t position(Level level) {
  return static_cast<std::size_t>(number(level) - 1);
}

std::size_t position(Level level, DeliveryStep step) {
  return position(level) * kDeliverySteps.size() + static_cast<std::size_t>(step);
}

std::uint64_t whole(const telemetry::Counter& counter) {
  return static_cast<std::uint64_t>(counter.value());
}

}  // namespace

std::string_view to_text(DeliveryStep step) {
  switch (step) {
    case DeliveryStep::accepted:
      return "accepted";
    case DeliveryStep::mailed:
      return "mailed";
    case DeliveryStep::delivered:
      return "delivered";
    case DeliveryStep::registered:
      return "registered";
  }
  return "accepted";
}

LevelCounts levels_of(const std::vector<Addressee>& addressees) {
  LevelCounts counts{};
  for (const Addressee& addressee : addressees) ++counts[position(addressee.level)];
  return counts;
}

HubProbe::Submissions HubProbe::submissions(telemetry::Metrics& metrics, const std::string& kind,
                                            const std::string& kinds) {
  const auto counter = [&](const std::string& outcome) {
    return metrics.counter("truc_hub_ingest_" + kinds + "_total",
                           "Submissions of " + kinds + ", by outcome.", {{"outcome", outcome}});
  };
  return Submissions{
      counter("stored"), counter("repeated"), counter("refused"),
      metrics.histogram("truc_hub_ingest_seconds", "From a package's last byte to its receipt.",
                        telemetry::latency_buckets(), {{"kind", kind}})};
}

HubProbe::HubProbe(telemetry::Metrics& metrics)
    : documents_(submissions(metrics, "document", "documents")),
      statuses_(submissions(metrics, "status", "statuses")),
      delivered_receipts_(receipt_counter(metrics, pki::ReceiptKind::delivered)),
      registered_receipts_(receipt_counter(metrics, pki::ReceiptKind::registered)) {
  for (const Level level : kLevels) {
    for (const DeliveryStep step : kDeliverySteps) {
      deliveries_.push_back(metrics.counter(
          "truc_hub_deliveries_total",
          "Deliveries of documents and statuses, by level and the state that they reached.",
          {{"level", std::to_string(number(level))}, {"state", std::string(to_text(step))}}));
    }
  }
  for (const ErrorEntry& entry : error_catalogue()) {
    refusals_.emplace(entry.code, metrics.counter("truc_hub_ingest_refusals_total",
                                                  "Packages refused, by the code told.",
                                                  {{"code", std::string(entry.name)}}));
  }
}

HubProbe::Submissions& HubProbe::of(edxml::PackageKind kind) {
  return kind == edxml::PackageKind::document ? documents_ : statuses_;
}

telemetry::Counter& HubProbe::of(Level level, DeliveryStep step) {
  return deliveries_[position(level, step)];
}

void HubProbe::accepted(edxml::PackageKind kind, const Durable& durable, const LevelCounts& levels,
                        std::chrono::nanoseconds taken) {
  of(kind).seconds.observe(std::chrono::duration<double>(taken));
  if (durable.outcome() == Durable::Outcome::repeated) return of(kind).repeated.increment();
  of(kind).stored.increment();
  for (const Level level : kLevels)
    of(level, DeliveryStep::accepted).increment(levels[position(level)]);
}

void HubProbe::refused(edxml::PackageKind kind, ErrorCode code) {
  of(kind).refused.increment();
  refusals_.at(code).increment();
}

void HubProbe::mailed(Level level) {
  of(level, DeliveryStep::mailed).increment();
}

void HubProbe::receipt_stored(pki::ReceiptKind kind, Level level) {
  const bool registers = kind == pki::ReceiptKind::registered;
  (registers ? registered_receipts_ : delivered_receipts_).increment();
  of(level, registers ? DeliveryStep::registered : DeliveryStep::delivered).increment();
}

std::uint64_t HubProbe::documents() const {
  return whole(documents_.stored);
}
std::uint64_t HubProbe::statuses() const {
  return whole(statuses_.stored);
}
std::uint64_t HubProbe::receipts() const {
  return whole(delivered_receipts_) + whole(registered_receipts_);
}
std::uint64_t HubProbe::refusals() const {
  return whole(documents_.refused) + whole(statuses_.refused);
}
std::uint64_t HubProbe::deliveries(Level level, DeliveryStep step) const {
  return whole(deliveries_[position(level, step)]);
}

}  // namespace truc::hub
