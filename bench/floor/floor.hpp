// This machine's limit: each step that a hub cannot do without, alone, with the same libraries and
// nothing of ours around them. What Truc adds to the sum is Truc's.
#pragma once

#include <filesystem>
#include <functional>
#include <string_view>
#include <vector>

#include "bench/floor/stopwatch.hpp"
#include "bench/load/documents.hpp"

namespace truc::bench {

struct Floor {
  std::vector<StepCost> steps;  // in the order in which a hub takes them
  double us() const;            // their sum
};

constexpr std::size_t kFloorRounds = 7;

// What the steps are measured with; all outlive the call.
struct FloorMaterial {
  const Authority& authority;
  const std::vector<Sender>& senders;
  const std::vector<SignedDocument>& documents;  // at least kFloorDocuments
  std::filesystem::path folder;                  // for the store
  std::size_t rounds = kFloorRounds;
};

// As many as do not fit into a processor's first caches.
constexpr std::size_t kFloorDocuments = 256;

// `told` hears the name of each step before it is measured. Failures: internal when a library does
// not do what its step is about (so a verification that verifies nothing is no cheap one),
// file_failed, peer_unreachable.
Result<Floor> measure_floor(const FloorMaterial& material,
                            const std::function<void(std::string_view)>& told);

// The same while every other processor verifies documents without a pause, as they are under a
// hub's load: two processors that are one core's do each step slower together than alone, and so
// does memory that is shared. Takes as long again. Failures: as measure_floor.
Result<Floor> measure_busy_floor(const FloorMaterial& material,
                                 const std::function<void(std::string_view)>& told);

// --- The steps' own sources.
Result<std::vector<StepCost>> measure_documents(const FloorMaterial& material);  // parse … verify
Result<StepCost> measure_tls(const FloorMaterial& material);
Result<StepCost> measure_store(const FloorMaterial& material);
Result<StepCost> measure_receipt(const FloorMaterial& material);

}  // namespace truc::bench
