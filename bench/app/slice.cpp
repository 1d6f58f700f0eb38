#include "bench/app/slice.hpp"

#include "bench/report/result.hpp"

namespace truc::bench {

boost::json::object to_json(const Slice& slice) {
  boost::json::object json{{"documents_per_second", slice.passage.documents_per_second},
                           {"accepted_ms", to_json(slice.passage.accepted)},
                           {"delivered_ms", to_json(slice.passage.delivered)},
                           {"hub_cpu_us_per_document", slice.hub_cpu_us},
                           {"hub_resident_bytes", slice.resident}};
  if (slice.disk) json["disk_bytes"] = *slice.disk;
  return json;
}

Result<Slice> run_slice(World& world, Exchange& exchange, const Load& load,
                        const std::string& name) {
  Slice slice;
  TRUC_TRY(const auto before, world.processor_time());
  TRUC_TRY(slice.passage, exchange.pass(load.documents, load.pace, name));
  TRUC_TRY(const auto after, world.processor_time());
  slice.hub_cpu_us = std::chrono::duration<double, std::micro>(after - before).count() /
                     static_cast<double>(load.documents.size());
  TRUC_TRY(slice.resident, world.resident_bytes());
  slice.disk = world.disk_bytes();
  return slice;
}

}  // namespace truc::bench
