// What the hub counts, for GET /metrics and for the operators' page (docs/operations/hub.md lists
// the series). Any thread.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <map>

#include "hub/ports/document_store.hpp"
#include "pki/receipt/receipt.hpp"
#include "schemas/edxml/envelope.hpp"
#include "schemas/telemetry/metrics.hpp"

namespace truc::hub {

// The states of a delivery that are counted when they are reached.
enum class DeliveryStep : std::uint8_t { accepted, mailed, delivered, registered };
constexpr std::array kDeliverySteps = {DeliveryStep::accepted, DeliveryStep::mailed,
                                       DeliveryStep::delivered, DeliveryStep::registered};
std::string_view to_text(DeliveryStep step);

// How many on each level; one's are the first.
using LevelCounts = std::array<std::uint32_t, kLevels.size()>;
LevelCounts levels_of(const std::vector<Addressee>& addressees);

class HubProbe {
 public:
  explicit HubProbe(telemetry::Metrics& metrics);

  // A submission was answered, `taken` after its last byte.
  void accepted(edxml::PackageKind kind, const Durable& durable, const LevelCounts& levels,
                std::chrono::nanoseconds taken);
  void refused(edxml::PackageKind kind, ErrorCode code);
  // A delivery of a document or a status stands in its mailbox.
  void mailed(Level level);
  // A recipient's receipt was stored.
  void receipt_stored(pki::ReceiptKind kind, Level level);

  // Since the start.
  std::uint64_t documents() const;
  std::uint64_t statuses() const;
  std::uint64_t receipts() const;
  std::uint64_t refusals() const;
  std::uint64_t deliveries(Level level, DeliveryStep step) const;

 private:
  struct Submissions {
    telemetry::Counter stored;
    telemetry::Counter repeated;
    telemetry::Counter refused;
    telemetry::Histogram seconds;
  };
  static Submissions submissions(telemetry::Metrics& metrics, const std::string& kind,
                                 const std::string& kinds);
  Submissions& of(edxml::PackageKind kind);
  telemetry::Counter& of(Level level, DeliveryStep step);

  Submissions documents_;
  Submissions statuses_;
  telemetry::Counter delivered_receipts_;
  telemetry::Counter registered_receipts_;
  std::vector<telemetry::Counter> deliveries_;        // by level, then step
  std::map<ErrorCode, telemetry::Counter> refusals_;  // every code, from the start
};

}  // namespace truc::hub
