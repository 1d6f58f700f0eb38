// Statuses with which recipients answer, signed before a run like the documents that they are
// about.
#pragma once

#include "bench/load/documents.hpp"
#include "bench/load/receivers.hpp"

namespace truc::bench {

// One status of one recipient.
struct StatusPlan {
  std::size_t document = 0;  // position among the documents
  std::size_t receiver = 0;  // position among the receivers
  edxml::StatusCode code = edxml::StatusCode::arrived;
};

// Who takes part in a run.
struct Correspondents {
  std::vector<Sender> senders;
  std::vector<Receiver> receivers;
};

// Signs them on all processors and puts them to their documents, in the order of the plans.
// Failures: those of writing and signing.
Result<void> add_statuses(std::vector<SignedDocument>& documents, const Correspondents& who,
                          std::span<const StatusPlan> plans, const Made& told);

}  // namespace truc::bench
