#include <fmt/format.h>

#include "bench/app/acceptance.hpp"
#include "bench/app/floor_words.hpp"
#include "bench/report/progress.hpp"
#include "bench/subject/stock.hpp"

namespace truc::bench {
namespace {

constexpr auto kIdleTimeout = std::chrono::minutes(60);
constexpr auto kLookEvery = std::chrono::milliseconds(1'000);
constexpr double kIdleShare = 0.02;  // of a processor

struct Options : RepeatedOptions {
  std::size_t stored = 100'000;
};

// One of the two measurements, with the machine's limit just before it.
struct Reading {
  Floor floor;
  Acceptance acceptance;
  std::uint64_t resident = 0;
};

struct Outcome {
  Reading empty;
  Reading deep;
  double fill_seconds = 0;
  double open_seconds = 0;
  std::uint64_t disk = 0;  // before the second measurement

  double ratio() const { return deep.acceptance.hub_cpu_us() / empty.acceptance.hub_cpu_us(); }
};

double seconds_since(Steady::time_point begun) {
  return std::chrono::duration<double>(Steady::now() - begun).count();
}

Result<void> read(World& world, const Options& options, const std::vector<Sender>& senders,
                  Reading& reading) {
  const DocumentPlan plan{.count = std::max(options.total(), kFloorDocuments),
                          .recipients = options.recipients,
                          .bytes = options.bytes,
                          .run = run_name()};
  TRUC_TRY(const auto documents, sign_with_progress(world, senders, plan));
  const FloorMaterial material{world.authority(), senders, documents, world.folder(),
                               options.floor_rounds};
  TRUC_TRY(reading.floor, floor_with_progress(material));
  TRUC_TRY(
      accept_repeatedly(world, options, AcceptanceLoad(senders, documents), reading.acceptance));
  TRUC_TRY(reading.resident, world.resident_bytes());
  return success();
}

// What the fill left to do for a hub (deliveries, compaction) is not the load's.
Result<void> wait_until_idle(World& world) {
  const auto deadline = Steady::now() + kIdleTimeout;
  while (Steady::now() < deadline) {
    TRUC_TRY(const auto before, world.processor_time());
    TRUC_TRY(world.pause(kLookEvery));
    TRUC_TRY(const auto after, world.processor_time());
    if (after - before < kLookEvery * kIdleShare) return success();
  }
  return Failure(ErrorCode::deadline_exceeded).at("truc-hub").because("it does not come to rest");
}

Result<void> fill(World& world, const Options& options, Outcome& outcome) {
  TRUC_TRY(world.stop_hub());
  const auto begun = Steady::now();
  {
    Progress progress("fill the store");
    TRUC_TRY(fill_store(world.store_folder(), world.nation(), options.stored,
                        [&](std::size_t done) { progress.show(done, options.stored); }));
  }
  outcome.fill_seconds = seconds_since(begun);
  const auto opened = Steady::now();
  TRUC_TRY(world.start_hub());
  outcome.open_seconds = seconds_since(opened);
  TRUC_TRY(wait_until_idle(world));
  outcome.disk = world.disk_bytes().value_or(0);
  return success();
}

Result<void> measure(World& world, const Options& options, const std::vector<Sender>& senders,
                     Outcome& outcome) {
  TRUC_TRY(read(world, options, senders, outcome.empty));
  TRUC_TRY(fill(world, options, outcome));
  return read(world, options, senders, outcome.deep);
}

boost::json::object to_json(const Reading& reading) {
  return {{"floor_us", reading.floor.us()},
          {"hub_cpu_us_per_document", reading.acceptance.hub_cpu_us()},
          {"documents_per_second", reading.acceptance.documents_per_second()},
          {"spread", spread(reading.acceptance.each(&Repetition::hub_cpu_us))},
          {"latency_ms", to_json(reading.acceptance.latency())},
          {"hub_resident_bytes", reading.resident}};
}

void report(boost::json::object& result, const Options& options, const Outcome& outcome) {
  const auto stored = static_cast<double>(options.stored);
  result["settings"] =
      boost::json::object{{"stored", options.stored},           {"documents", options.documents},
                          {"repetitions", options.repetitions}, {"warm_up", options.warm_up},
                          {"recipients", options.recipients},   {"units", options.units},
                          {"senders", options.senders}};
  result["empty"] = to_json(outcome.empty);
  result["deep"] = to_json(outcome.deep);
  result["deep_over_empty"] = outcome.ratio();
  result["floor_deep_over_empty"] = outcome.deep.floor.us() / outcome.empty.floor.us();
  result["filled_per_second"] = stored / outcome.fill_seconds;
  result["open_seconds"] = outcome.open_seconds;
  result["disk_bytes"] = outcome.disk;
  result["disk_bytes_per_stored"] = static_cast<double>(outcome.disk) / stored;
  const auto line = [](const char* name, const Reading& reading) {
    fmt::print(
        "  {:<6} hub's processor {:8.1f} µs a document, floor {:6.1f} µs just before; {:6.0f} "
        "documents/s; memory {:.1f} MiB\n",
        name, reading.acceptance.hub_cpu_us(), reading.floor.us(),
        reading.acceptance.documents_per_second(), mib(reading.resident));
  };
  fmt::print("Accepting with {} documents in the store, over an empty one:\n", options.stored);
  line("empty", outcome.empty);
  line("deep", outcome.deep);
  fmt::print(
      "  ratio {:.2f}; of the floors {:.2f}: what differs there is the machine\n"
      "  filled at {:.0f} documents/s; opened in {:.2f} s; {:.1f} MiB on disk, {:.0f} bytes a "
      "document\n",
      outcome.ratio(), outcome.deep.floor.us() / outcome.empty.floor.us(),
      stored / outcome.fill_seconds, outcome.open_seconds, mib(outcome.disk),
      static_cast<double>(outcome.disk) / stored);
}

// A measurement that was not begun has nothing to say.
std::vector<std::string> reasons_of(const Outcome& outcome) {
  std::vector<std::string> reasons;
  for (const Reading* reading : {&outcome.empty, &outcome.deep}) {
    if (reading->acceptance.observed.submitted == 0) continue;
    for (std::string& reason : reasons_to_void(reading->acceptance.observed))
      reasons.push_back(std::move(reason));
  }
  return reasons;
}

Result<Exit> run(Options options) {
  auto result = make_result("depth", options.words);
  TRUC_TRY(const auto folder, RunFolder::make(options.folder));
  TRUC_TRY(const auto world, make_world(options, *folder));
  TRUC_TRY(const auto senders, senders_of(*world, options));
  Outcome outcome;
  const auto measured = measure(*world, options, senders, outcome);
  const auto reasons = reasons_of(outcome);
  if (!measured && reasons.empty()) return measured.error();
  if (measured) report(result, options, outcome);
  return conclude(options, result, reasons);
}

}  // namespace

Command declare_depth(CLI::App& app, const std::vector<std::string>& words) {
  auto* command = app.add_subcommand(
      "depth", "What accepting costs with many documents in the store, over an empty one.");
  const auto options = std::make_shared<Options>();
  options->words = words;
  options->documents = 5'000;
  declare(*command, *options, 10'000'000, 10'000);
  declare_floor_rounds(*command, *options);
  command->add_option("--warm-up", options->warm_up, "Documents sent before, and not counted.")
      ->capture_default_str();
  add_count(*command, "--stored", options->stored, "Documents that are put into the store.",
            1'000'000'000);
  return [options] { return run(*options); };
}

}  // namespace truc::bench
