// Documents accepted in several repetitions, and what each of these cost the hub.
#pragma once

#include <span>
#include <vector>

#include "bench/app/command.hpp"
#include "bench/load/submission.hpp"
#include "bench/subject/stages.hpp"

namespace truc::bench {

// One repetition, with the hub's own work until everything is in the mailboxes.
struct Repetition {
  double documents_per_second = 0;
  double hub_cpu_us = 0;      // of a document
  std::vector<Stage> stages;  // none: the hub is elsewhere
  Histogram latency;
};

struct Acceptance {
  AdmissionCost admission;  // to divide by; known before
  std::vector<Repetition> repetitions;
  Observed observed;

  std::vector<double> each(double Repetition::* figure) const;
  double documents_per_second() const { return median(each(&Repetition::documents_per_second)); }
  double hub_cpu_us() const { return median(each(&Repetition::hub_cpu_us)); }
  // Each stage's median over the repetitions.
  std::vector<Stage> stages() const;
  Histogram latency() const;
};

// What is sent: the warm-up and the repetitions of some options, one after the other.
struct AcceptanceLoad {
  AcceptanceLoad(const std::vector<Sender>& who, std::span<const SignedDocument> what)
      : senders(who), documents(what) {}
  const std::vector<Sender>& senders;
  std::span<const SignedDocument> documents;
  std::size_t connections = 1;  // of each sender
  Pace pace = {};
};

// `outcome` holds what was observed also after a failure. Failures: those of submitting.
Result<void> accept_repeatedly(World& world, const RepeatedOptions& options,
                               const AcceptanceLoad& load, Acceptance& outcome);

}  // namespace truc::bench
