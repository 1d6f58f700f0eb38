#include "bench/app/exchange.hpp"

#include "bench/report/progress.hpp"

namespace truc::bench {
namespace {

constexpr auto kHandoverTimeout = std::chrono::seconds(120);

}  // namespace

Result<void> Exchange::begin(const std::vector<Sender>& senders,
                             const std::vector<Receiver>& receivers) {
  TRUC_TRY(receivers_, Receivers::start(world_.loop(), world_.hub().agencies(), receivers,
                                        [this](const Handover& one) { take(one); }));
  receivers_->begin();
  TRUC_TRY(auto connected, Senders::connect(world_.loop(), world_.hub().agencies(), senders, 1));
  senders_ = std::make_unique<Senders>(std::move(connected));
  submitter_ = std::make_unique<Submitter>(world_.loop(), *senders_, world_.trust());
  submitter_->tell_due(
      [this](const SignedDocument& one, Steady::time_point due) { due_[one.id.text()] = due; });
  TRUC_TRY(before_, world_.metrics());
  return success();
}

Result<Passage> Exchange::pass(std::span<const SignedDocument> documents, const Pace& pace,
                               const std::string& name) {
  Progress progress(name);
  passage_ = {};
  due_.clear();
  const auto begun = Steady::now();
  TRUC_TRY(auto submission, submitter_->run(documents, pace, [&](std::size_t answered) {
    progress.show(answered, documents.size());
  }));
  expected_ += documents.size() * recipients_;
  const auto all = [&] { return receivers_->handovers() == expected_; };
  (void)world_.loop().run_until(all, Steady::now() + kHandoverTimeout);
  passage_.documents_per_second =
      static_cast<double>(documents.size()) / std::chrono::duration<double>(last_ - begun).count();
  passage_.accepted = std::move(submission.latency);
  return std::move(passage_);
}

Observed Exchange::observed() {
  Observed observed = submitter_ ? submitter_->observed() : Observed();
  if (receivers_) receivers_->add_observed(observed);
  observed.handovers_expected = expected_;
  observed.deliveries_expected = observed.accepted * recipients_;
  if (const auto now = world_.metrics()) add_counted(observed, before_, now.value());
  observed.is_hub_up = world_.hub().is_up();
  return observed;
}

void Exchange::take(const Handover& handover) {
  const auto due = due_.find(handover.document_id);
  if (due == due_.end()) return;
  passage_.in_hand.record(handover.in_hand - due->second);
  passage_.delivered.record(handover.delivered - due->second);
  last_ = handover.delivered;
}

}  // namespace truc::bench
