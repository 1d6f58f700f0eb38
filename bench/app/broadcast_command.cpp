#include <fmt/format.h>

#include "bench/app/command.hpp"
#include "bench/load/submission.hpp"
#include "bench/report/progress.hpp"

namespace truc::bench {
namespace {

constexpr auto kLookEvery = std::chrono::milliseconds(5);

struct Options : CommonOptions {
  std::size_t mailboxes = kUnitsOf2020;
  std::size_t repetitions = 5;
};

struct Outcome {
  std::vector<double> accepted_ms;   // until the receipt: document and all deliveries are durable
  std::vector<double> mailboxes_ms;  // until it stands in the last mailbox
  std::vector<double> cpu_ms;
  std::size_t bytes = 0;
};

class Run {
 public:
  Run(World& world, Submitter& submitter, std::size_t mailboxes)
      : world_(world), submitter_(submitter), mailboxes_(mailboxes) {}

  Result<void> send(const SignedDocument& document, Outcome& outcome) {
    TRUC_TRY(const auto before, world_.metrics());
    TRUC_TRY(const auto used_before, world_.processor_time());
    const auto begun = Steady::now();
    TRUC_TRY(const auto pass, submitter_.run(std::span(&document, 1), Pace{}, [](std::size_t) {}));
    TRUC_TRY(const auto after, world_.settle(before, mailboxes_, kLookEvery));
    outcome.mailboxes_ms.push_back(milliseconds(Steady::now() - begun));
    TRUC_TRY(const auto used_after, world_.processor_time());
    outcome.accepted_ms.push_back(milliseconds(pass.taken));
    outcome.cpu_ms.push_back(milliseconds(used_after - used_before));
    add_counted(counted_, before, after);
    return success();
  }

  Observed observed() {
    Observed observed = submitter_.observed();
    add_counted(observed, counted_);
    observed.deliveries_expected = observed.accepted * mailboxes_;
    observed.is_hub_up = world_.is_hub_up();
    return observed;
  }

 private:
  World& world_;
  Submitter& submitter_;
  std::size_t mailboxes_;
  Observed counted_;
};

void report(boost::json::object& result, const Options& options, const Outcome& outcome) {
  result["settings"] = boost::json::object{{"mailboxes", options.mailboxes},
                                           {"repetitions", options.repetitions},
                                           {"envelope_bytes", outcome.bytes}};
  result["accepted_ms"] = spread(outcome.accepted_ms);
  result["mailboxes_ms"] = spread(outcome.mailboxes_ms);
  result["hub_cpu_ms"] = spread(outcome.cpu_ms);
  const auto line = [](const char* name, const std::vector<double>& values) {
    const auto [least, most] = std::ranges::minmax(values);
    fmt::print("  {:<28}{:8.1f} ms   ({:.1f} to {:.1f})\n", name, median(values), least, most);
  };
  fmt::print("One document of {} bytes to {} mailboxes:\n", outcome.bytes, options.mailboxes);
  line("accepted, durable", outcome.accepted_ms);
  line("durable in every mailbox", outcome.mailboxes_ms);
  line("hub's processor", outcome.cpu_ms);
}

Result<Exit> run(Options options) {
  auto result = make_result("broadcast", options.words);
  options.units = std::max(options.units, options.mailboxes + 1);  // the sender has none of them
  TRUC_TRY(const auto folder, RunFolder::make(options.folder));
  TRUC_TRY(const auto world, make_world(options, *folder));
  TRUC_TRY(require_units(*world, options.mailboxes + 1));
  TRUC_TRY(const auto senders, make_senders(world->nation(), world->authority(), 1));
  const DocumentPlan plan{
      .count = options.repetitions + 1, .recipients = options.mailboxes, .run = run_name()};
  TRUC_TRY(const auto documents, sign_with_progress(*world, senders, plan));

  TRUC_TRY(const auto connected, Senders::connect(world->loop(), world->agencies(), senders, 1));
  Submitter submitter(world->loop(), connected, world->trust());
  Run sending(*world, submitter, options.mailboxes);
  Outcome outcome;
  outcome.bytes = documents.front().bytes().size();
  Progress progress("broadcast");
  Outcome warm;
  TRUC_TRY(sending.send(documents.front(), warm));
  for (std::size_t i = 1; i < documents.size(); ++i) {
    TRUC_TRY(sending.send(documents[i], outcome));
    progress.show(i, options.repetitions);
  }
  report(result, options, outcome);
  return conclude(options, result, reasons_to_void(sending.observed()));
}

}  // namespace

Command declare_broadcast(CLI::App& app, const std::vector<std::string>& words) {
  auto* command =
      app.add_subcommand("broadcast", "How long one document takes to very many mailboxes.");
  const auto options = std::make_shared<Options>();
  options->words = words;
  declare(*command, *options);
  declare_hub(*command, *options);
  add_count(*command, "--mailboxes", options->mailboxes, "Recipients of the document.",
            limits::kRecipientsMax);
  add_count(*command, "--repetitions", options->repetitions, "How often, after one to warm up.",
            1'000);
  return [options] { return run(*options); };
}

}  // namespace truc::bench
