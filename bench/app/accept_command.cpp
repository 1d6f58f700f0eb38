#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <numeric>

#include "bench/app/acceptance.hpp"
#include "bench/app/floor_words.hpp"

namespace truc::bench {
namespace {

struct Options : RepeatedOptions {
  std::size_t connections = 1;
  double rate = 0;  // documents a second; 0: closed loop

  Pace pace() const { return rate > 0 ? at_rate(rate) : Pace{}; }
};

struct Outcome : Acceptance {
  Floor floor;
  Floor busy_floor;
  std::size_t bytes_mean = 0;
};

std::size_t mean_bytes(const std::vector<SignedDocument>& documents) {
  const auto sum = std::accumulate(
      documents.begin(), documents.end(), std::size_t{0},
      [](std::size_t bytes, const SignedDocument& one) { return bytes + one.bytes().size(); });
  return sum / documents.size();
}

boost::json::object settings_of(const Options& options, const Outcome& outcome) {
  return {{"documents", options.documents},
          {"repetitions", options.repetitions},
          {"warm_up", options.warm_up},
          {"recipients", options.recipients},
          {"envelope_bytes_mean", outcome.bytes_mean},
          {"units", options.units},
          {"senders", options.senders},
          {"connections_per_sender", options.connections},
          {"loop", options.rate > 0 ? "open" : "closed"},
          {"rate", options.rate}};
}

void add_figures(boost::json::object& result, const Outcome& outcome) {
  const double floor_us = outcome.floor.us();
  result["documents_per_second"] = outcome.documents_per_second();
  result["hub_cpu_us_per_document"] = outcome.hub_cpu_us();
  result["floor_us"] = floor_us;
  result["ratio"] = outcome.hub_cpu_us() / floor_us;
  result["busy_floor_us"] = outcome.busy_floor.us();
  result["busy_ratio"] = outcome.hub_cpu_us() / outcome.busy_floor.us();
  result["latency_ms"] = to_json(outcome.latency());
  result["spread"] = boost::json::object{
      {"documents_per_second", spread(outcome.each(&Repetition::documents_per_second))},
      {"hub_cpu_us_per_document", spread(outcome.each(&Repetition::hub_cpu_us))}};
  result["floor"] = to_json(outcome.floor);
  if (outcome.stages().empty()) return;
  boost::json::object stages;
  for (const Stage& stage : outcome.stages())
    stages[stage.name] = boost::json::object{{"us", stage.us}, {"share", stage.share}};
  result["stages"] = std::move(stages);
}

void print_figures(const Options& options, const Outcome& outcome) {
  const Histogram latency = outcome.latency();
  const auto rates = outcome.each(&Repetition::documents_per_second);
  const auto costs = outcome.each(&Repetition::hub_cpu_us);
  const auto [rate_min, rate_max] = std::ranges::minmax(rates);
  const auto [cost_min, cost_max] = std::ranges::minmax(costs);
  print_floor(outcome.floor);
  fmt::print(
      "\n{} × {} documents of {} bytes to {} recipients, {} senders, {} loop, every one durable\n"
      "before its receipt, and in all mailboxes before the hub's time was read:\n"
      "  accepted        {:8.0f} documents/s   ({:.0f} to {:.0f})\n"
      "  hub's processor {:8.1f} µs/document   ({:.1f} to {:.1f})\n"
      "  floor           {:8.1f} µs/document\n"
      "  ratio           {:8.2f}\n"
      "  with all processors busy the floor is {:.1f} µs, and the ratio {:.2f}\n"
      "  latency         p50 {:.1f} ms, p99 {:.1f} ms, p99.9 {:.1f} ms\n",
      options.repetitions, options.documents, outcome.bytes_mean, options.recipients,
      options.senders, options.rate > 0 ? "open" : "closed", outcome.documents_per_second(),
      rate_min, rate_max, outcome.hub_cpu_us(), cost_min, cost_max, outcome.floor.us(),
      outcome.hub_cpu_us() / outcome.floor.us(), outcome.busy_floor.us(),
      outcome.hub_cpu_us() / outcome.busy_floor.us(), milliseconds(latency.percentile(50)),
      milliseconds(latency.percentile(99)), milliseconds(latency.percentile(99.9)));
  const auto stages = outcome.stages();
  fmt::print("Where the hub's time goes{}\n",
             stages.empty() ? " is not given, for its threads are elsewhere." : ":");
  for (const Stage& stage : stages)
    fmt::print("  {:<14}{:8.1f} µs  {:5.1f} %\n", stage.name, stage.us, stage.share * 100);
}

Result<Exit> run(Options options) {
  auto result = make_result("accept", options.words);
  Outcome outcome;
  TRUC_TRY(const auto folder, RunFolder::make(options.folder));
  TRUC_TRY(const auto world, make_world(options, *folder));
  TRUC_TRY(const auto senders, senders_of(*world, options));
  const DocumentPlan plan{.count = std::max(options.total(), kFloorDocuments),
                          .recipients = options.recipients,
                          .bytes = options.bytes,
                          .run = run_name()};
  TRUC_TRY(const auto documents, sign_with_progress(*world, senders, plan));
  outcome.bytes_mean = mean_bytes(documents);
  const FloorMaterial material{world->authority(), senders, documents, folder->path(),
                               options.floor_rounds};
  TRUC_TRY(outcome.floor, floor_with_progress(material));
  TRUC_TRY(outcome.busy_floor, floor_with_progress(material, Neighbours::busy));
  if (options.hub.empty()) {
    TRUC_TRY(outcome.admission,
             measure_admission(*world, senders, std::span(documents).first(kFloorDocuments)));
  }

  AcceptanceLoad load(senders, documents);
  load.connections = options.connections;
  load.pace = options.pace();
  const auto submitted = accept_repeatedly(*world, options, load, outcome);
  auto reasons = reasons_to_void(outcome.observed);
  if (!submitted && reasons.empty()) return submitted.error();
  result["settings"] = settings_of(options, outcome);
  if (submitted) {
    add_figures(result, outcome);
    print_figures(options, outcome);
  }
  return conclude(options, result, reasons);
}

}  // namespace

Command declare_accept(CLI::App& app, const std::vector<std::string>& words) {
  auto* command = app.add_subcommand(
      "accept", "How many documents a second, and at what cost, over the machine's limit.");
  const auto options = std::make_shared<Options>();
  options->words = words;
  declare(*command, *options, 10'000'000, 10'000);
  declare_floor_rounds(*command, *options);
  declare_hub(*command, *options);
  command->add_option("--warm-up", options->warm_up, "Documents sent before, and not counted.")
      ->capture_default_str();
  add_count(*command, "--connections", options->connections, "Of each sender.",
            limits::kConnectionsPerSystemMax);
  command->add_option("--rate", options->rate,
                      "Documents a second, sent whatever the hub does. Default: a closed loop, "
                      "each connection sends when it is answered.");
  return [options] { return run(*options); };
}

}  // namespace truc::bench
