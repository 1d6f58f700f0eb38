#include "bench/app/acceptance.hpp"

#include <fmt/format.h>

#include "bench/report/progress.hpp"

namespace truc::bench {
namespace {

class Run {
 public:
  Run(World& world, std::size_t recipients, Submitter& submitter, const AdmissionCost& admission)
      : world_(world), recipients_(recipients), submitter_(submitter), admission_(admission) {}

  Result<Repetition> repeat(std::span<const SignedDocument> documents, const Pace& pace,
                            const std::string& name) {
    Progress progress(name);
    TRUC_TRY(const auto before, world_.metrics());
    TRUC_TRY(const auto threads_before, world_.threads());
    TRUC_TRY(const auto used_before, world_.processor_time());
    TRUC_TRY(auto submission, submitter_.run(documents, pace, [&](std::size_t answered) {
      progress.show(answered, documents.size());
    }));
    TRUC_TRY(const auto after, world_.settle(before, documents.size() * recipients_));
    TRUC_TRY(const auto used_after, world_.processor_time());
    TRUC_TRY(const auto threads_after, world_.threads());
    const auto used = used_after - used_before;
    add_counted(counted_, before, after);
    const auto count = static_cast<double>(documents.size());
    Repetition repetition{
        .documents_per_second = count / std::chrono::duration<double>(submission.taken).count(),
        .hub_cpu_us = std::chrono::duration<double, std::micro>(used).count() / count,
        .stages = {},
        .latency = std::move(submission.latency)};
    if (threads_after)
      repetition.stages =
          divide(*threads_before, *threads_after, used, admission_, documents.size());
    return repetition;
  }

  Observed observed() const {
    Observed observed = submitter_.observed();
    add_counted(observed, counted_);
    observed.deliveries_expected = observed.accepted * recipients_;
    observed.is_hub_up = world_.is_hub_up();
    return observed;
  }

 private:
  World& world_;
  const std::size_t recipients_;
  Submitter& submitter_;
  const AdmissionCost& admission_;
  Observed counted_;
};

}  // namespace

std::vector<double> Acceptance::each(double Repetition::* figure) const {
  std::vector<double> values;
  for (const Repetition& one : repetitions) values.push_back(one.*figure);
  return values;
}

std::vector<Stage> Acceptance::stages() const {
  std::vector<Stage> stages = repetitions.front().stages;
  for (std::size_t i = 0; i < stages.size(); ++i) {
    std::vector<double> us;
    std::vector<double> shares;
    for (const Repetition& one : repetitions) {
      us.push_back(one.stages[i].us);
      shares.push_back(one.stages[i].share);
    }
    stages[i].us = median(us);
    stages[i].share = median(shares);
  }
  return stages;
}

Histogram Acceptance::latency() const {
  Histogram all;
  for (const Repetition& one : repetitions) all.merge(one.latency);
  return all;
}

Result<void> accept_repeatedly(World& world, const RepeatedOptions& options,
                               const AcceptanceLoad& load, Acceptance& outcome) {
  TRUC_TRY(const auto connected,
           Senders::connect(world.loop(), world.agencies(), load.senders, load.connections));
  Submitter submitter(world.loop(), connected, world.trust());
  Run run(world, options.recipients, submitter, outcome.admission);
  auto documents = load.documents;
  const auto ended = [&]() -> Result<void> {
    if (options.warm_up > 0) {
      TRUC_TRY(run.repeat(documents.first(options.warm_up), load.pace, "warm up"));
      documents = documents.subspan(options.warm_up);
    }
    for (std::size_t i = 0; i < options.repetitions; ++i) {
      const auto name = fmt::format("repetition {} of {}", i + 1, options.repetitions);
      TRUC_TRY(outcome.repetitions.emplace_back(),
               run.repeat(documents.first(options.documents), load.pace, name));
      documents = documents.subspan(options.documents);
    }
    return success();
  }();
  outcome.observed = run.observed();
  return ended;
}

}  // namespace truc::bench
