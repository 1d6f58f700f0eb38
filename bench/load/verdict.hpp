// Whether a run may be believed. A run that lost, doubled or invented anything is void, whatever
// its figures are.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace truc::bench {

// What the clients saw, and what the hub counted meanwhile.
struct Observed {
  std::uint64_t submitted = 0;  // distinct documents
  std::uint64_t accepted = 0;   // answered 201 with a receipt
  std::uint64_t unanswered = 0;
  std::uint64_t refused = 0;  // any other answer
  std::string first_refusal;
  std::uint64_t transfers = 0;          // distinct ones among the answers
  std::uint64_t receipts_examined = 0;  // a sample, verified with nothing but the root
  std::uint64_t receipts_wrong = 0;
  std::string first_wrong_receipt;

  std::uint64_t statuses = 0;  // of recipients, distinct ones
  std::uint64_t statuses_accepted = 0;
  std::uint64_t missing =
      0;  // what somebody has to get (a document, a status, a receipt) and has not
  std::string first_missing;
  std::uint64_t strangers = 0;  // what somebody got and nobody sent, or got again
  std::string first_stranger;

  std::uint64_t hub_stored = 0;
  std::uint64_t hub_statuses = 0;
  std::uint64_t hub_repeated = 0;
  std::uint64_t hub_refused = 0;
  std::uint64_t deliveries_expected = 0;
  std::uint64_t deliveries_mailed = 0;   // came into a mailbox
  std::uint64_t handovers_expected = 0;  // of documents and statuses, where a run has recipients
  std::uint64_t handovers = 0;           // distinct deliveries that a recipient confirmed
  std::uint64_t handovers_twice = 0;
  std::uint64_t handovers_wrong = 0;  // other bytes than were sent, or an answer that is none
  std::string first_wrong_handover;
  bool is_hub_up = true;
};

// Adds what the hub counted over some passes.
void add_counted(Observed& observed, const Observed& counted);

// Why the run is void, a sentence each; empty when it is good.
std::vector<std::string> reasons_to_void(const Observed& observed);

}  // namespace truc::bench
