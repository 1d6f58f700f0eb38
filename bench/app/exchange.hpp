// Documents on their whole way: submitted, fetched by every recipient, confirmed, and answered.
#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <unordered_set>

#include "bench/load/ledger.hpp"
#include "bench/load/receivers.hpp"
#include "bench/load/statuses.hpp"
#include "bench/load/submission.hpp"
#include "bench/subject/world.hpp"

namespace truc::bench {

// One pass of documents. Latencies are counted from when a document was due.
struct Passage {
  std::chrono::duration<double> taken{0};  // from the first one sent until nothing is under way
  double documents_per_second = 0;         // from the first one sent to the last one delivered
  std::size_t deliveries = 0;
  std::size_t statuses = 0;
  Histogram accepted;
  Histogram in_hand;
  Histogram delivered;
  std::map<edxml::Priority, Histogram> delivered_by_urgency;
};

// Senders and recipients at work on the world's hub. A resource; begin() once, then passes. Who
// sends and receives too gets back the receipts that its recipients sign.
class Exchange {
 public:
  explicit Exchange(World& world) : world_(world) {}

  // Connects them all; they outlive the exchange. Failure: peer_unreachable.
  Result<void> begin(const std::vector<Sender>& senders, const std::vector<Receiver>& receivers);
  // Until every delivery is confirmed, every status is with the document's sender, and so is every
  // receipt. What does not come in time is missed by the verdict. Failure: deadline_exceeded, when
  // no answer comes at all.
  Result<Passage> pass(std::span<const SignedDocument> documents, const Pace& pace,
                       const std::string& name);
  // Over all passes.
  Observed observed();

 private:
  // A document of this pass.
  struct Way {
    const SignedDocument* document = nullptr;
    Steady::time_point due;
    std::size_t open = 0;  // deliveries that are not confirmed, statuses that are not accepted
  };
  void expect(const SignedDocument& document);
  void take(const Handover& handover);
  void take_document(const Handover& handover);
  void take_receipt(const Handover& handover);
  void answer(const std::shared_ptr<Way>& way, std::size_t receiver, std::size_t first);
  void take_status_answer(const Answer& answer);
  void close(Way& way);
  void close_books();

  World& world_;
  std::unique_ptr<Receivers> receivers_;
  std::unique_ptr<Senders> senders_;
  std::unique_ptr<Submitter> submitter_;
  std::unordered_set<std::string> attended_;  // agencies whose mailbox is looked after
  std::unordered_map<std::string, std::shared_ptr<Way>> ways_;  // by DocumentId
  Ledger ledger_;
  Metrics before_;
  Observed seen_;  // what neither submitter nor receivers see
  std::size_t receipts_ = 0;
  Steady::time_point moved_;  // when something happened last
  Steady::time_point last_;   // when a document was delivered last
  Passage passage_;
};

}  // namespace truc::bench
