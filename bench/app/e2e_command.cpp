#include <fmt/format.h>

#include <unordered_map>

#include "bench/app/command.hpp"
#include "bench/load/receivers.hpp"
#include "bench/load/submission.hpp"
#include "bench/report/progress.hpp"

namespace truc::bench {
namespace {

constexpr auto kHandoverTimeout = std::chrono::seconds(120);

struct Options : CommonOptions {
  std::size_t documents = 5'000;
  std::size_t warm_up = 500;
  std::size_t recipients = 3;
  std::size_t receivers = 64;
  double rate = 0;  // documents a second; 0: half of what a closed loop reaches
};

// Latencies of one pass.
struct Way {
  double documents_per_second = 0;  // from the first one sent to the last one delivered
  Histogram accepted;
  Histogram in_hand;
  Histogram delivered;
};

class Run {
 public:
  Run(World& world, const Options& options) : world_(world), options_(options) {}

  Result<void> begin(const std::vector<Sender>& senders, const std::vector<Receiver>& receivers) {
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

  // Until every delivery is confirmed.
  Result<Way> pass(std::span<const SignedDocument> documents, const Pace& pace,
                   const std::string& name) {
    Progress progress(name);
    way_ = {};
    const auto begun = Steady::now();
    TRUC_TRY(auto submission, submitter_->run(documents, pace, [&](std::size_t answered) {
      progress.show(answered, documents.size());
    }));
    expected_ += documents.size() * options_.recipients;
    const auto all = [&] { return receivers_->handovers() == expected_; };
    // What does not come in time is missed by the verdict.
    (void)world_.loop().run_until(all, Steady::now() + kHandoverTimeout);
    way_.documents_per_second = static_cast<double>(documents.size()) /
                                std::chrono::duration<double>(last_ - begun).count();
    way_.accepted = std::move(submission.latency);
    return std::move(way_);
  }

  Observed observed() {
    Observed observed = submitter_ ? submitter_->observed() : Observed();
    if (receivers_) receivers_->add_observed(observed);
    observed.handovers_expected = expected_;
    observed.deliveries_expected = observed.accepted * options_.recipients;
    if (const auto now = world_.metrics()) add_counted(observed, before_, now.value());
    observed.is_hub_up = world_.hub().is_up();
    return observed;
  }

 private:
  void take(const Handover& handover) {
    const auto due = due_.find(handover.document_id);
    if (due == due_.end()) return;
    way_.in_hand.record(handover.in_hand - due->second);
    way_.delivered.record(handover.delivered - due->second);
    last_ = handover.delivered;
  }

  World& world_;
  const Options& options_;
  std::unique_ptr<Receivers> receivers_;
  std::unique_ptr<Senders> senders_;
  std::unique_ptr<Submitter> submitter_;
  std::unordered_map<std::string, Steady::time_point> due_;
  Metrics before_;
  std::size_t expected_ = 0;
  Steady::time_point last_;
  Way way_;
};

struct Outcome {
  double maximum = 0;  // documents a second of the closed loop
  double rate = 0;     // of the open loop
  Way open;
};

Result<void> measure(Run& run, const Options& options, std::span<const SignedDocument> documents,
                     Outcome& outcome) {
  if (options.warm_up > 0) {
    TRUC_TRY(run.pass(documents.first(options.warm_up), Pace{}, "warm up"));
    documents = documents.subspan(options.warm_up);
  }
  outcome.rate = options.rate;
  if (options.rate == 0) {
    TRUC_TRY(const auto closed,
             run.pass(documents.first(options.documents), Pace{}, "closed loop"));
    outcome.maximum = closed.documents_per_second;
    outcome.rate = closed.documents_per_second / 2;
    documents = documents.subspan(options.documents);
  }
  TRUC_TRY(outcome.open, run.pass(documents.first(options.documents), Pace{outcome.rate},
                                  fmt::format("{:.0f} a second", outcome.rate)));
  return success();
}

double ms(const Histogram& histogram, double percent) {
  return std::chrono::duration<double, std::milli>(histogram.percentile(percent)).count();
}

void report(boost::json::object& result, const Options& options, const Outcome& outcome) {
  result["settings"] =
      boost::json::object{{"documents", options.documents},   {"warm_up", options.warm_up},
                          {"recipients", options.recipients}, {"units", options.units},
                          {"senders", options.senders},       {"receivers", options.receivers}};
  if (outcome.maximum > 0) result["maximal_documents_per_second"] = outcome.maximum;
  result["rate"] = outcome.rate;
  result["accepted_ms"] = to_json(outcome.open.accepted);
  result["in_hand_ms"] = to_json(outcome.open.in_hand);
  result["delivered_ms"] = to_json(outcome.open.delivered);
  if (outcome.maximum > 0)
    fmt::print("At most {:.0f} documents/s to {} recipients each, all confirmed.\n",
               outcome.maximum, options.recipients);
  fmt::print("At {:.0f} documents/s, from when a document was due:\n", outcome.rate);
  const auto line = [](const char* name, const Histogram& way) {
    fmt::print("  {:<10} p50 {:7.1f} ms   p99 {:7.1f} ms   p99.9 {:7.1f} ms\n", name, ms(way, 50),
               ms(way, 99), ms(way, 99.9));
  };
  line("accepted", outcome.open.accepted);
  line("in hand", outcome.open.in_hand);
  line("delivered", outcome.open.delivered);
}

Result<Exit> run(const Options& options) {
  auto result = make_result("e2e", options.words);
  TRUC_TRY(const auto folder, RunFolder::make(options.folder));
  TRUC_TRY(const auto world, World::make(world_settings(options, *folder)));
  TRUC_TRY(const auto senders, make_senders(world->nation(), world->authority(), options.senders));
  TRUC_TRY(const auto receivers,
           make_receivers(world->nation(), world->authority(), options.receivers));
  DocumentPlan plan{.count = options.warm_up + 2 * options.documents,
                    .recipients = options.recipients,
                    .run = run_name()};
  for (const Receiver& receiver : receivers) plan.among.push_back(receiver.unit);
  TRUC_TRY(const auto documents, sign_with_progress(*world, senders, plan));

  Outcome outcome;
  Run way(*world, options);
  TRUC_TRY(way.begin(senders, receivers));
  const auto measured = measure(way, options, documents, outcome);
  const auto reasons = reasons_to_void(way.observed());
  if (!measured && reasons.empty()) return measured.error();
  if (measured) report(result, options, outcome);
  return conclude(options, result, reasons);
}

}  // namespace

Command declare_e2e(CLI::App& app, const std::vector<std::string>& words) {
  auto* command = app.add_subcommand(
      "e2e", "How long a document takes from its sender to its confirmed delivery.");
  const auto options = std::make_shared<Options>();
  options->words = words;
  declare(*command, *options);
  command->add_option("--documents", options->documents, "Documents of each pass.")
      ->check(CLI::Range(std::size_t{1}, std::size_t{10'000'000}))
      ->capture_default_str();
  command->add_option("--warm-up", options->warm_up, "Documents before, and not counted.")
      ->capture_default_str();
  command->add_option("--recipients", options->recipients, "Of each document.")
      ->check(CLI::Range(std::size_t{1}, std::size_t{1'000}))
      ->capture_default_str();
  command
      ->add_option("--receivers", options->receivers,
                   "Agencies that receive, each with a system and two connections.")
      ->check(CLI::Range(std::size_t{2}, std::size_t{5'000}))
      ->capture_default_str();
  command->add_option("--rate", options->rate,
                      "Documents a second. Default: half of what a closed loop reaches first.");
  return [options] { return run(*options); };
}

}  // namespace truc::bench
