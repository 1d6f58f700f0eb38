#include "bench/app/exchange.hpp"

#include "bench/report/progress.hpp"
#include "schemas/base/problem.hpp"

namespace truc::bench {
namespace {

constexpr auto kStillTimeout = std::chrono::seconds(60);  // nothing arrives any more

std::string document_to(const std::string& id, const std::string& recipient) {
  return "document " + id + " at " + recipient;
}
std::string status_from(const std::string& id, const std::string& sender) {
  return "status " + id + " from " + sender;
}
// As the hub names the receipt of a delivery.
std::string receipt_of(const std::string& delivery) {
  return "receipt:delivered:" + delivery;
}

}  // namespace

Result<void> Exchange::begin(const std::vector<Sender>& senders,
                             const std::vector<Receiver>& receivers) {
  for (const Receiver& receiver : receivers) attended_.insert(receiver.unit->code.text());
  TRUC_TRY(receivers_, Receivers::start(world_.loop(), world_.agencies(), receivers,
                                        [this](const Handover& one) { take(one); }));
  receivers_->begin();
  TRUC_TRY(auto connected, Senders::connect(world_.loop(), world_.agencies(), senders, 1));
  senders_ = std::make_unique<Senders>(std::move(connected));
  submitter_ = std::make_unique<Submitter>(world_.loop(), *senders_, world_.trust());
  submitter_->tell_due([this](const SignedDocument& one, Steady::time_point due) {
    ways_.at(one.id.text())->due = due;
  });
  TRUC_TRY(before_, world_.metrics());
  return success();
}

Result<Passage> Exchange::pass(std::span<const SignedDocument> documents, const Pace& pace,
                               const std::string& name) {
  Progress progress(name);
  passage_ = {};
  for (const SignedDocument& document : documents) expect(document);
  const auto begun = moved_ = last_ = Steady::now();
  auto submission = submitter_->run(
      documents, pace, [&](std::size_t answered) { progress.show(answered, documents.size()); });
  if (!submission) {
    close_books();  // the ways lead to documents that the caller may let go
    return submission.error();
  }
  moved_ = Steady::now();
  const auto is_over = [&] {
    const bool is_still = Steady::now() - moved_ > kStillTimeout;
    return ledger_.is_balanced() || is_still || world_.loop().failed() > 0;
  };
  TRUC_TRY(world_.loop().run_until(is_over, Steady::time_point::max()));
  passage_.taken = Steady::now() - begun;
  passage_.documents_per_second =
      static_cast<double>(documents.size()) / std::chrono::duration<double>(last_ - begun).count();
  passage_.accepted = std::move(submission.value().latency);
  close_books();
  return std::move(passage_);
}

void Exchange::expect(const SignedDocument& document) {
  const std::string& id = document.id.text();
  ways_[id] = std::make_shared<Way>(
      Way{&document, {}, document.recipients.size() + document.statuses.size()});
  for (const AgencyCode& recipient : document.recipients)
    ledger_.expect(document_to(id, recipient.text()));
  for (const SignedStatus& status : document.statuses)
    ledger_.expect(status_from(status.id.text(), status.from.text()));
  passage_.deliveries += document.recipients.size();
  passage_.statuses += document.statuses.size();
  seen_.statuses += document.statuses.size();
  seen_.handovers_expected += document.recipients.size() + document.statuses.size();
}

void Exchange::take(const Handover& handover) {
  moved_ = handover.delivered;
  switch (handover.kind) {
    case delivery::ItemKind::document:
      return take_document(handover);
    case delivery::ItemKind::status:
      ledger_.arrived(status_from(handover.document_id, handover.sender));
      return ledger_.expect(receipt_of(handover.delivery));
    case delivery::ItemKind::receipt:
      return take_receipt(handover);
  }
}

void Exchange::take_document(const Handover& handover) {
  ledger_.arrived(document_to(handover.document_id, handover.recipient));
  if (attended_.contains(handover.sender)) ledger_.expect(receipt_of(handover.delivery));
  const auto found = ways_.find(handover.document_id);
  if (found == ways_.end()) return;
  const auto way = found->second;
  const auto taken = handover.delivered - way->due;
  passage_.in_hand.record(handover.in_hand - way->due);
  passage_.delivered.record(taken);
  passage_.delivered_by_urgency[way->document->priority].record(taken);
  last_ = handover.delivered;
  answer(way, handover.receiver, 0);
  close(*way);
}

// One in so many is verified, as the sender would keep it.
void Exchange::take_receipt(const Handover& handover) {
  ledger_.arrived(handover.document_id);
  if (receipts_++ % Submitter::kExaminedEvery != 0) return;
  ++seen_.receipts_examined;
  const auto verified =
      pki::verify_receipt(pki::Receipt(handover.receipt), world_.trust(), SystemClock().now());
  if (verified && verified.value().claims().kind == pki::ReceiptKind::delivered) return;
  ++seen_.receipts_wrong;
  if (!seen_.first_wrong_receipt.empty()) return;
  seen_.first_wrong_receipt =
      verified ? handover.document_id + " is of another kind" : to_log_line(verified.error());
}

// Sends this receiver's statuses from the `first` one on, each when the one before is accepted.
void Exchange::answer(const std::shared_ptr<Way>& way, std::size_t receiver, std::size_t first) {
  const auto& statuses = way->document->statuses;
  while (first < statuses.size() && statuses[first].receiver != receiver) ++first;
  if (first == statuses.size()) return;
  const std::weak_ptr<Way> kept = way;  // its pass may be given up
  receivers_->send(receiver, statuses[first].request, [=, this](const Answer& answered) {
    const auto still = kept.lock();
    if (!still) return;
    take_status_answer(answered);
    answer(still, receiver, first + 1);
    close(*still);
  });
}

void Exchange::take_status_answer(const Answer& answer) {
  moved_ = answer.at;
  if (answer.status == 201) {
    ++seen_.statuses_accepted;
  } else if (seen_.first_refusal.empty()) {
    seen_.first_refusal = answer.status == 0 ? answer.failure : std::string(answer.body);
  }
}

void Exchange::close(Way& way) {
  if (--way.open == 0) submitter_->leave();
}

// What is open now is so for good; what comes later is a stranger to the next pass.
void Exchange::close_books() {
  seen_.missing += ledger_.missing();
  seen_.strangers += ledger_.strangers();
  if (seen_.first_missing.empty()) seen_.first_missing = ledger_.a_missing_one();
  if (seen_.first_stranger.empty()) seen_.first_stranger = ledger_.a_stranger();
  ledger_ = {};
  ways_.clear();
  receivers_->forget();
}

Observed Exchange::observed() {
  Observed observed = submitter_ ? submitter_->observed() : Observed();
  observed.statuses = seen_.statuses;
  observed.statuses_accepted = seen_.statuses_accepted;
  observed.missing = seen_.missing + ledger_.missing();
  observed.strangers = seen_.strangers;
  observed.first_missing =
      seen_.first_missing.empty() ? ledger_.a_missing_one() : seen_.first_missing;
  observed.first_stranger = seen_.first_stranger;
  observed.receipts_examined += seen_.receipts_examined;
  observed.receipts_wrong += seen_.receipts_wrong;
  if (observed.first_wrong_receipt.empty())
    observed.first_wrong_receipt = seen_.first_wrong_receipt;
  if (observed.first_refusal.empty()) observed.first_refusal = seen_.first_refusal;
  if (receivers_) receivers_->add_observed(observed);
  observed.handovers_expected = observed.deliveries_expected = seen_.handovers_expected;
  if (const auto now = world_.metrics()) add_counted(observed, before_, now.value());
  observed.is_hub_up = world_.is_hub_up();
  return observed;
}

}  // namespace truc::bench
