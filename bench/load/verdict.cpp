#include "bench/load/verdict.hpp"

#include <fmt/format.h>

namespace truc::bench {

void add_counted(Observed& observed, const Observed& counted) {
  observed.hub_stored += counted.hub_stored;
  observed.hub_statuses += counted.hub_statuses;
  observed.hub_repeated += counted.hub_repeated;
  observed.hub_refused += counted.hub_refused;
  observed.deliveries_mailed += counted.deliveries_mailed;
}

std::vector<std::string> reasons_to_void(const Observed& seen) {
  std::vector<std::string> reasons;
  const auto require = [&](bool holds, std::string reason) {
    if (!holds) reasons.push_back(std::move(reason));
  };
  require(seen.is_hub_up, "the hub ended during the run");
  require(seen.submitted > 0, "nothing was submitted");
  require(seen.unanswered == 0, fmt::format("{} documents got no answer", seen.unanswered));
  require(seen.refused == 0,
          fmt::format("{} documents were refused, first: {}", seen.refused, seen.first_refusal));
  require(seen.accepted == seen.submitted,
          fmt::format("{} documents were accepted of {}", seen.accepted, seen.submitted));
  require(seen.transfers == seen.accepted,
          fmt::format("{} accepted documents have {} transfers", seen.accepted, seen.transfers));
  require(seen.receipts_examined > 0, "no receipt was examined");
  require(seen.receipts_wrong == 0,
          fmt::format("{} of {} receipts do not hold, first: {}", seen.receipts_wrong,
                      seen.receipts_examined, seen.first_wrong_receipt));
  require(seen.hub_stored == seen.accepted,
          fmt::format("the hub stored {} documents, not {}", seen.hub_stored, seen.accepted));
  require(seen.statuses_accepted == seen.statuses,
          fmt::format("{} statuses were accepted of {}, first refusal: {}", seen.statuses_accepted,
                      seen.statuses, seen.first_refusal));
  require(
      seen.hub_statuses == seen.statuses_accepted,
      fmt::format("the hub stored {} statuses, not {}", seen.hub_statuses, seen.statuses_accepted));
  require(seen.hub_repeated == 0, fmt::format("the hub met {} documents again", seen.hub_repeated));
  require(seen.hub_refused == 0, fmt::format("the hub refused {} documents", seen.hub_refused));
  require(seen.deliveries_mailed == seen.deliveries_expected,
          fmt::format("{} deliveries came into mailboxes, not {}", seen.deliveries_mailed,
                      seen.deliveries_expected));
  require(seen.handovers == seen.handovers_expected,
          fmt::format("{} deliveries were handed over, not {}", seen.handovers,
                      seen.handovers_expected));
  require(seen.handovers_twice == 0,
          fmt::format("{} deliveries were handed over twice", seen.handovers_twice));
  require(seen.handovers_wrong == 0, fmt::format("{} deliveries went wrong, first: {}",
                                                 seen.handovers_wrong, seen.first_wrong_handover));
  require(seen.missing == 0,
          fmt::format("{} items did not arrive, one: {}", seen.missing, seen.first_missing));
  require(seen.strangers == 0, fmt::format("{} items arrived that nobody expected, one: {}",
                                           seen.strangers, seen.first_stranger));
  return reasons;
}

}  // namespace truc::bench
