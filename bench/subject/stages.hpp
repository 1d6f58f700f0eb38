// Which part of a hub's processor time goes into which stage of accepting a document.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "bench/load/documents.hpp"
#include "bench/subject/world.hpp"

namespace truc::bench {

struct Stage {
  std::string name;
  double us = 0;     // of a document
  double share = 0;  // of the hub's time
};

// What admitting a document costs with the hub's own functions, each alone; the last is the rest of
// the whole: routing, identity, and what stands between.
struct AdmissionCost {
  double parse = 0;
  double schema = 0;
  double canonicalise = 0;
  double verify = 0;  // digests, signature, certificate
  double receipt = 0;
  double route = 0;

  double sum() const { return parse + schema + canonicalise + verify + receipt + route; }
};

// Calls the hub's functions in this process on some documents that are not sent. Failures: theirs.
Result<AdmissionCost> measure_admission(World& world, const std::vector<Sender>& senders,
                                        std::span<const SignedDocument> documents);

// The hub's threads say what network, admission, store and fan-out cost; the admission's parts say
// in which proportions its share divides. So nothing in the hub has to count for us. `used` is the
// whole process's; what no thread of these names had is "rest".
std::vector<Stage> divide(const ThreadTimes& before, const ThreadTimes& after,
                          std::chrono::nanoseconds used, const AdmissionCost& admission,
                          std::size_t documents);

}  // namespace truc::bench
