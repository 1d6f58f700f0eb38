#include <fmt/format.h>

#include <boost/json/array.hpp>

#include "bench/app/command.hpp"
#include "bench/app/exchange.hpp"
#include "bench/app/slice.hpp"

namespace truc::bench {
namespace {

struct Options : ExchangeOptions {
  double minutes = 60;
  double rate = 100;  // documents a second
  std::size_t slice_seconds = 60;

  std::size_t slices() const {
    const auto count = minutes * 60 / static_cast<double>(slice_seconds);
    return std::max<std::size_t>(1, static_cast<std::size_t>(count));
  }
  std::size_t documents_of_slice() const {
    return std::max<std::size_t>(
        1, static_cast<std::size_t>(rate * static_cast<double>(slice_seconds)));
  }
};

// Each is signed before it is sent: the hub rests meanwhile.
Result<void> run_slices(World& world, Exchange& exchange, const std::vector<Sender>& senders,
                        DocumentPlan plan, const Options& options, std::vector<Slice>& slices) {
  const std::string run = plan.run;
  for (std::size_t i = 0; i < options.slices(); ++i) {
    plan.run = fmt::format("{}-{}", run, i);
    TRUC_TRY(const auto documents, sign_with_progress(world, senders, plan));
    TRUC_TRY(slices.emplace_back(),
             run_slice(world, exchange, Load(documents, at_rate(options.rate)),
                       fmt::format("{} of {}", i + 1, options.slices())));
  }
  return success();
}

void report(boost::json::object& result, const Options& options, const std::vector<Slice>& slices) {
  result["settings"] = boost::json::object{{"minutes", options.minutes},
                                           {"rate", options.rate},
                                           {"slice_seconds", options.slice_seconds},
                                           {"recipients", options.recipients},
                                           {"receivers", options.receivers},
                                           {"senders", options.senders},
                                           {"units", options.units}};
  boost::json::array all;
  for (const Slice& slice : slices) all.emplace_back(to_json(slice));
  result["slices"] = std::move(all);
  fmt::print(
      "{} slices of {} documents at {:.0f} a second, each to {} recipients who confirm it:\n",
      slices.size(), options.documents_of_slice(), options.rate, options.recipients);
  const auto line = [](const char* name, const Slice& slice) {
    fmt::print(
        "  {:<6} delivered p50 {:6.1f} ms, p99 {:7.1f} ms; {:7.1f} µs a document; memory {:6.1f} "
        "MiB; disk {:>8} MiB\n",
        name, milliseconds(slice.passage.delivered.percentile(50)),
        milliseconds(slice.passage.delivered.percentile(99)), slice.hub_cpu_us, mib(slice.resident),
        slice.disk ? fmt::format("{:.1f}", mib(*slice.disk)) : "unknown");
  };
  line("first", slices.front());
  line("last", slices.back());
}

Result<Exit> run(Options options) {
  auto result = make_result("soak", options.words);
  TRUC_TRY(const auto folder, RunFolder::make(options.folder));
  TRUC_TRY(const auto world, make_world(options, *folder));
  TRUC_TRY(const auto senders, senders_of(*world, options));
  TRUC_TRY(const auto receivers,
           make_receivers(world->nation(), world->authority(), options.receivers));
  const auto plan = plan_among(receivers, options, options.documents_of_slice());

  std::vector<Slice> slices;
  Exchange exchange(*world);
  TRUC_TRY(exchange.begin(senders, receivers));
  const auto measured = run_slices(*world, exchange, senders, plan, options, slices);
  const auto reasons = reasons_to_void(exchange.observed());
  if (!measured && reasons.empty()) return measured.error();
  if (measured) report(result, options, slices);
  return conclude(options, result, reasons);
}

}  // namespace

Command declare_soak(CLI::App& app, const std::vector<std::string>& words) {
  auto* command = app.add_subcommand(
      "soak", "Whether cost, latency, memory or disk creep under the same load for long.");
  const auto options = std::make_shared<Options>();
  options->words = words;
  declare(*command, *options);
  declare_hub(*command, *options);
  command->add_option("--minutes", options->minutes, "Of load; signing comes on top.")
      ->check(CLI::Range(0.01, 100'000.0))
      ->capture_default_str();
  command->add_option("--rate", options->rate, "Documents a second.")
      ->check(CLI::Range(0.1, 100'000.0))
      ->capture_default_str();
  add_count(*command, "--slice-seconds", options->slice_seconds, "After which a reading is taken.",
            3'600);
  return [options] { return run(*options); };
}

}  // namespace truc::bench
