// Documents on their whole way: submitted, fetched by every recipient, confirmed.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <unordered_map>

#include "bench/load/receivers.hpp"
#include "bench/load/submission.hpp"
#include "bench/subject/world.hpp"

namespace truc::bench {

// One pass of documents. Latencies are counted from when a document was due.
struct Passage {
  double documents_per_second = 0;  // from the first one sent to the last one delivered
  Histogram accepted;
  Histogram in_hand;
  Histogram delivered;
};

// Senders and recipients at work on the world's hub. A resource; begin() once, then passes.
class Exchange {
 public:
  // Every document goes to `recipients` agencies.
  Exchange(World& world, std::size_t recipients) : world_(world), recipients_(recipients) {}

  // Connects them all. Failure: peer_unreachable.
  Result<void> begin(const std::vector<Sender>& senders, const std::vector<Receiver>& receivers);
  // Until every delivery is confirmed. What does not come in time is missed by the verdict.
  // Failure: deadline_exceeded, when no answer comes at all.
  Result<Passage> pass(std::span<const SignedDocument> documents, const Pace& pace,
                       const std::string& name);
  // Over all passes.
  Observed observed();

 private:
  void take(const Handover& handover);

  World& world_;
  const std::size_t recipients_;
  std::unique_ptr<Receivers> receivers_;
  std::unique_ptr<Senders> senders_;
  std::unique_ptr<Submitter> submitter_;
  std::unordered_map<std::string, Steady::time_point> due_;  // of this pass
  Metrics before_;
  std::size_t expected_ = 0;
  Steady::time_point last_;
  Passage passage_;
};

}  // namespace truc::bench
