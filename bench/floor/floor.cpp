#include "bench/floor/floor.hpp"

#include <numeric>

#include "schemas/base/check.hpp"

namespace truc::bench {

double Floor::us() const {
  return std::accumulate(steps.begin(), steps.end(), 0.0,
                         [](double sum, const StepCost& step) { return sum + step.us; });
}

Result<Floor> measure_floor(const FloorMaterial& material,
                            const std::function<void(std::string_view)>& told) {
  TRUC_CHECK(material.documents.size() >= kFloorDocuments, "enough to leave the caches");
  Floor floor;
  told("TLS and HTTP");
  TRUC_TRY(floor.steps.emplace_back(), measure_tls(material));
  told("parse, schema, canonicalise, digest, verify");
  TRUC_TRY(const auto documents, measure_documents(material));
  floor.steps.insert(floor.steps.end(), documents.begin(), documents.end());
  told("store");
  TRUC_TRY(floor.steps.emplace_back(), measure_store(material));
  told("receipt");
  TRUC_TRY(floor.steps.emplace_back(), measure_receipt(material));
  return floor;
}

}  // namespace truc::bench
