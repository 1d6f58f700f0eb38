#include "bench/floor/floor.hpp"

#include <atomic>
#include <numeric>
#include <thread>

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

Result<Floor> measure_busy_floor(const FloorMaterial& material,
                                 const std::function<void(std::string_view)>& told) {
  FloorMaterial once = material;
  once.rounds = 1;
  const auto others = std::max(2U, std::thread::hardware_concurrency()) - 1;
  std::vector<std::jthread> neighbours;
  std::atomic<bool> is_idle = false;  // somebody gave up, and the measurement is none
  for (unsigned i = 0; i < others; ++i) {
    neighbours.emplace_back([&](const std::stop_token& stop) {
      while (!stop.stop_requested() && !is_idle) is_idle = !measure_documents(once);
    });
  }
  auto floor = measure_floor(material, told);
  neighbours.clear();
  if (floor && is_idle) return Failure(ErrorCode::internal).at("floor").because("idle neighbours");
  return floor;
}

}  // namespace truc::bench
