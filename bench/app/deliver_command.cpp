#include <fmt/format.h>

#include "bench/app/command.hpp"
#include "bench/load/receivers.hpp"
#include "bench/load/submission.hpp"
#include "bench/report/progress.hpp"

namespace truc::bench {
namespace {

constexpr auto kHandoverTimeout = std::chrono::seconds(600);

struct Options : ExchangeOptions {
  std::size_t documents = 5'000;

  std::size_t deliveries() const { return documents * recipients; }
};

struct Outcome {
  double deliveries_per_second = 0;
  double hub_cpu_us = 0;  // of a delivery
  Observed observed;
};

// Fills the mailboxes while nobody fetches.
Result<void> fill(World& world, const std::vector<Sender>& senders, const Options& options,
                  std::span<const SignedDocument> documents, Outcome& outcome) {
  Progress progress("fill the mailboxes");
  TRUC_TRY(const auto connected, Senders::connect(world.loop(), world.agencies(), senders, 1));
  Submitter submitter(world.loop(), connected, world.trust());
  TRUC_TRY(const auto before, world.metrics());
  TRUC_TRY(submitter.run(documents, Pace{},
                         [&](std::size_t answered) { progress.show(answered, documents.size()); }));
  TRUC_TRY(const auto after, world.settle(before, options.deliveries()));
  outcome.observed = submitter.observed();
  add_counted(outcome.observed, before, after);
  return success();
}

Result<void> empty(World& world, const Options& options, Receivers& receivers, Outcome& outcome) {
  Progress progress("deliver");
  TRUC_TRY(const auto used_before, world.processor_time());
  const auto begun = Steady::now();
  receivers.begin();
  const auto all = [&] {
    progress.show(receivers.handovers(), options.deliveries());
    return receivers.handovers() >= options.deliveries();
  };
  // What does not come in time is missed by the verdict.
  (void)world.loop().run_until(all, Steady::now() + kHandoverTimeout);
  const std::chrono::duration<double> taken = Steady::now() - begun;
  TRUC_TRY(const auto used_after, world.processor_time());
  const auto count = static_cast<double>(options.deliveries());
  outcome.deliveries_per_second = count / taken.count();
  outcome.hub_cpu_us =
      std::chrono::duration<double, std::micro>(used_after - used_before).count() / count;
  receivers.add_observed(outcome.observed);
  return success();
}

Result<Exit> run(Options options) {
  auto result = make_result("deliver", options.words);
  TRUC_TRY(const auto folder, RunFolder::make(options.folder));
  TRUC_TRY(const auto world, make_world(options, *folder));
  TRUC_TRY(const auto senders, senders_of(*world, options));
  TRUC_TRY(const auto agencies,
           make_receivers(world->nation(), world->authority(), options.receivers));
  const auto plan = plan_among(agencies, options, options.documents);
  TRUC_TRY(const auto documents, sign_with_progress(*world, senders, plan));

  Outcome outcome;
  TRUC_TRY(fill(*world, senders, options, documents, outcome));
  TRUC_TRY(const auto receivers,
           Receivers::start(world->loop(), world->agencies(), agencies, [](const Handover&) {}));
  TRUC_TRY(empty(*world, options, *receivers, outcome));
  outcome.observed.deliveries_expected = options.deliveries();
  outcome.observed.handovers_expected = options.deliveries();
  outcome.observed.is_hub_up = world->is_hub_up();
  result["settings"] = boost::json::object{{"documents", options.documents},
                                           {"recipients", options.recipients},
                                           {"receivers", options.receivers},
                                           {"units", options.units}};
  result["deliveries_per_second"] = outcome.deliveries_per_second;
  result["hub_cpu_us_per_delivery"] = outcome.hub_cpu_us;
  fmt::print(
      "{} deliveries lay in {} mailboxes; each was fetched, compared and confirmed:\n"
      "  {:8.0f} deliveries/s\n  {:8.1f} µs of the hub's processor each, receipt stored and sent "
      "on its way back\n",
      options.deliveries(), options.receivers, outcome.deliveries_per_second, outcome.hub_cpu_us);
  return conclude(options, result, reasons_to_void(outcome.observed));
}

}  // namespace

Command declare_deliver(CLI::App& app, const std::vector<std::string>& words) {
  auto* command = app.add_subcommand(
      "deliver", "How many waiting deliveries a second are fetched and confirmed.");
  const auto options = std::make_shared<Options>();
  options->words = words;
  declare(*command, *options);
  declare_hub(*command, *options);
  add_count(*command, "--documents", options->documents, "Documents that fill the mailboxes.",
            10'000'000);
  return [options] { return run(*options); };
}

}  // namespace truc::bench
