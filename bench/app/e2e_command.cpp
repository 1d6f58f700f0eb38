#include <fmt/format.h>

#include "bench/app/command.hpp"
#include "bench/app/exchange.hpp"

namespace truc::bench {
namespace {

struct Options : ExchangeOptions {
  std::size_t documents = 5'000;
  std::size_t warm_up = 500;
  std::size_t workers = 4;
  double rate = 0;  // documents a second; 0: half of what a closed loop reaches
};

struct Outcome {
  double maximum = 0;  // documents a second of the closed loop
  double rate = 0;     // of the open loop
  Passage open;
};

Result<void> measure(Exchange& exchange, const Options& options,
                     std::span<const SignedDocument> documents, Outcome& outcome) {
  if (options.warm_up > 0) {
    TRUC_TRY(exchange.pass(documents.first(options.warm_up), Pace{}, "warm up"));
    documents = documents.subspan(options.warm_up);
  }
  outcome.rate = options.rate;
  if (options.rate == 0) {
    TRUC_TRY(const auto closed,
             exchange.pass(documents.first(options.documents), Pace{}, "closed loop"));
    outcome.maximum = closed.documents_per_second;
    outcome.rate = closed.documents_per_second / 2;
    documents = documents.subspan(options.documents);
  }
  TRUC_TRY(outcome.open, exchange.pass(documents.first(options.documents), at_rate(outcome.rate),
                                       fmt::format("{:.0f} a second", outcome.rate)));
  return success();
}

void report(boost::json::object& result, const Options& options, const Outcome& outcome) {
  result["settings"] =
      boost::json::object{{"documents", options.documents},   {"warm_up", options.warm_up},
                          {"recipients", options.recipients}, {"units", options.units},
                          {"senders", options.senders},       {"receivers", options.receivers},
                          {"workers", options.workers}};
  if (outcome.maximum > 0) result["maximal_documents_per_second"] = outcome.maximum;
  result["rate"] = outcome.rate;
  result["accepted_ms"] = to_json(outcome.open.accepted);
  result["in_hand_ms"] = to_json(outcome.open.in_hand);
  result["delivered_ms"] = to_json(outcome.open.delivered);
  if (outcome.maximum > 0)
    fmt::print("At most {:.0f} documents/s to {} recipients each, all confirmed.\n",
               outcome.maximum, options.recipients);
  fmt::print("At {:.0f} documents/s, from when a document was due:\n", outcome.rate);
  const auto line = [](const char* name, const Histogram& way) {
    fmt::print("  {:<10} p50 {:7.1f} ms   p99 {:7.1f} ms   p99.9 {:7.1f} ms\n", name,
               milliseconds(way.percentile(50)), milliseconds(way.percentile(99)),
               milliseconds(way.percentile(99.9)));
  };
  line("accepted", outcome.open.accepted);
  line("in hand", outcome.open.in_hand);
  line("delivered", outcome.open.delivered);
}

Result<Exit> run(Options options) {
  auto result = make_result("e2e", options.words);
  TRUC_TRY(const auto folder, RunFolder::make(options.folder));
  TRUC_TRY(const auto world, make_world(options, *folder));
  TRUC_TRY(const auto senders, senders_of(*world, options));
  TRUC_TRY(auto receivers, make_receivers(world->nation(), world->authority(), options.receivers));
  for (Receiver& receiver : receivers) receiver.workers = options.workers;
  const auto plan = plan_among(receivers, options, options.warm_up + 2 * options.documents);
  TRUC_TRY(const auto documents, sign_with_progress(*world, senders, plan));

  Outcome outcome;
  Exchange exchange(*world);
  TRUC_TRY(exchange.begin(senders, receivers));
  const auto measured = measure(exchange, options, documents, outcome);
  const auto reasons = reasons_to_void(exchange.observed());
  if (!measured && reasons.empty()) return measured.error();
  if (measured) report(result, options, outcome);
  return conclude(options, result, reasons);
}

}  // namespace

Command declare_e2e(CLI::App& app, const std::vector<std::string>& words) {
  auto* command = app.add_subcommand(
      "e2e", "How long a document takes from its sender to its confirmed delivery.");
  const auto options = std::make_shared<Options>();
  options->words = words;
  declare(*command, *options);
  declare_hub(*command, *options);
  add_count(
      *command, "--workers", options->workers,
      "Connections of a receiver, beside the one that waits. An adapter works on four at a time.",
      15);
  add_count(*command, "--documents", options->documents, "Documents of each pass.", 10'000'000);
  command->add_option("--warm-up", options->warm_up, "Documents before, and not counted.")
      ->capture_default_str();
  command->add_option("--rate", options->rate,
                      "Documents a second. Default: half of what a closed loop reaches first.");
  return [options] { return run(*options); };
}

}  // namespace truc::bench
