#include "bench/app/slice.hpp"

#include "bench/report/result.hpp"

namespace truc::bench {

boost::json::object to_json(const Slice& slice) {
  return {{"documents_per_second", slice.passage.documents_per_second},
          {"accepted_ms", to_json(slice.passage.accepted)},
          {"delivered_ms", to_json(slice.passage.delivered)},
          {"hub_cpu_us_per_document", slice.hub_cpu_us},
          {"hub_resident_bytes", slice.resident},
          {"disk_bytes", slice.disk}};
}

Result<Slice> run_slice(World& world, Exchange& exchange, const Load& load,
                        const std::string& name) {
  const pid_t hub = world.hub().pid();
  Slice slice;
  TRUC_TRY(const auto before, processor_time(hub));
  TRUC_TRY(slice.passage, exchange.pass(load.documents, load.pace, name));
  TRUC_TRY(const auto after, processor_time(hub));
  slice.hub_cpu_us = std::chrono::duration<double, std::micro>(after - before).count() /
                     static_cast<double>(load.documents.size());
  TRUC_TRY(slice.resident, resident_bytes(hub));
  slice.disk = bytes_on_disk(world.folder() / "hub/data");
  return slice;
}

}  // namespace truc::bench
