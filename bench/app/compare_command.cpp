#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <span>

#include "bench/app/command.hpp"
#include "bench/load/submission.hpp"
#include "bench/report/progress.hpp"
#include "bench/subject/composed_stack.hpp"

namespace truc::bench {
namespace {

struct Options : RepeatedOptions {
  std::size_t stack_warm_up = 30'000;
  std::size_t messages = 50'000;
  std::string script = TRUC_SOURCE_DIR "/bench/compare/stack";
};

using PartTimes = std::map<std::string, std::chrono::nanoseconds>;

// What takes the documents.
class Subject {
 public:
  virtual ~Subject() = default;
  virtual Endpoint agencies() = 0;
  virtual Result<PartTimes> processor_times() = 0;
  virtual Result<void> begin() = 0;
  // Waits until nothing is left to do for that many documents, all submitted since `begin`.
  virtual Result<void> settle(std::size_t documents) = 0;
  // Adds what it counted itself to what the clients saw.
  virtual void count(Observed& observed) = 0;
};

class HubSubject final : public Subject {
 public:
  HubSubject(World& world, std::size_t recipients) : world_(world), recipients_(recipients) {}

  Endpoint agencies() override { return world_.agencies(); }
  Result<PartTimes> processor_times() override {
    TRUC_TRY(const auto used, processor_time(world_.hub().pid()));
    return PartTimes{{"hub", used}};
  }
  Result<void> begin() override {
    TRUC_TRY(before_, world_.metrics());
    return success();
  }
  Result<void> settle(std::size_t documents) override {
    TRUC_TRY(const auto after, world_.settle(before_, documents * recipients_));
    add_counted(counted_, before_, after);
    return success();
  }
  void count(Observed& observed) override {
    observed.is_hub_up = world_.is_hub_up();
    add_counted(observed, counted_);
  }

 private:
  World& world_;
  std::size_t recipients_;
  Metrics before_;
  Observed counted_;
};

// Its last answer is its last work: what waits in a queue waits for the recipient.
class StackSubject final : public Subject {
 public:
  StackSubject(ComposedStack& stack, std::size_t recipients)
      : stack_(stack), recipients_(recipients) {}

  Endpoint agencies() override { return stack_.agencies(); }
  Result<PartTimes> processor_times() override { return stack_.processor_times(); }
  Result<void> begin() override { return success(); }
  Result<void> settle(std::size_t) override { return success(); }
  void count(Observed& observed) override {
    const auto deliveries = stack_.deliveries();
    observed.is_hub_up = deliveries.has_value();
    if (!deliveries) return;
    observed.deliveries_mailed = deliveries.value();
    observed.hub_stored = observed.deliveries_mailed / recipients_;
  }

 private:
  ComposedStack& stack_;
  std::size_t recipients_;
};

struct Side {
  std::vector<double> documents_per_second;  // of each repetition
  std::vector<double> cpu_us;                // of each repetition, for a document, all parts
  std::map<std::string, double> part_us;     // over all repetitions
  Histogram latency;
  Observed observed;

  double rate() const { return median(documents_per_second); }
  double cost() const { return median(cpu_us); }
};

class Run {
 public:
  Run(Subject& subject, Submitter& submitter) : subject_(subject), submitter_(submitter) {}

  Result<Submission> pass(std::span<const SignedDocument> documents, const std::string& name) {
    Progress progress(name);
    TRUC_TRY(subject_.begin());
    TRUC_TRY(auto submission, submitter_.run(documents, Pace{}, [&](std::size_t answered) {
      progress.show(answered, documents.size());
    }));
    TRUC_TRY(subject_.settle(documents.size()));
    return submission;
  }

  Result<void> repeat(std::span<const SignedDocument> documents, const std::string& name,
                      Side& side) {
    TRUC_TRY(const auto before, subject_.processor_times());
    TRUC_TRY(const auto submission, pass(documents, name));
    TRUC_TRY(const auto after, subject_.processor_times());
    const auto count = static_cast<double>(documents.size());
    side.documents_per_second.push_back(count /
                                        std::chrono::duration<double>(submission.taken).count());
    side.latency.merge(submission.latency);
    double sum = 0;
    for (const auto& [part, used] : after) {
      const std::chrono::duration<double, std::micro> spent = used - before.at(part);
      side.part_us[part] += spent.count() / count;
      sum += spent.count() / count;
    }
    side.cpu_us.push_back(sum);
    return success();
  }

 private:
  Subject& subject_;
  Submitter& submitter_;
};

// Warms up with the first documents, as often as it takes, and measures with the others.
struct Load {
  const std::vector<Sender>& senders;
  std::span<const SignedDocument> documents;
  const Options& options;

  Result<void> put_on(Subject& subject, const std::string& name, std::size_t warm_up, World& world,
                      Side& side) const {
    TRUC_TRY(const auto loop, ClientLoop::make(world.authority().anchors()));
    TRUC_TRY(const auto connected, Senders::connect(*loop, subject.agencies(), senders, 1));
    Submitter submitter(*loop, connected, world.trust());
    Run run(subject, submitter);
    auto ended = submit(run, name, warm_up, side);
    side.observed = submitter.observed();
    side.observed.deliveries_expected = side.observed.accepted * options.recipients;
    subject.count(side.observed);
    return ended;
  }

  Result<void> submit(Run& run, const std::string& name, std::size_t warm_up, Side& side) const {
    for (std::size_t sent = 0; sent < warm_up; sent += options.warm_up) {
      const auto count = std::min(options.warm_up, warm_up - sent);
      TRUC_TRY(run.pass(documents.first(count), name + ": warm up"));
    }
    for (std::size_t i = 0; i < options.repetitions; ++i) {
      const auto part =
          documents.subspan(options.warm_up + i * options.documents, options.documents);
      TRUC_TRY(
          run.repeat(part, fmt::format("{}: {} of {}", name, i + 1, options.repetitions), side));
    }
    for (auto& [part, us] : side.part_us) us /= static_cast<double>(options.repetitions);
    return success();
  }
};

struct Outcome {
  Side hub;
  Side stack;
  boost::json::object raw;
  boost::json::object versions;

  double raw_figure(std::string_view name) const { return raw.at(name).to_number<double>(); }
  double rate_over_stack() const { return hub.rate() / stack.rate(); }
  double cost_over_stack() const { return hub.cost() / stack.cost(); }
  double cost_over_raw() const { return hub.cost() / raw_figure("broker_cpu_us_per_message"); }
};

boost::json::object to_json(const Side& side) {
  boost::json::object parts;
  for (const auto& [part, us] : side.part_us) parts[part] = us;
  return {{"documents_per_second", side.rate()},
          {"cpu_us_per_document", side.cost()},
          {"cpu_us_of_parts", std::move(parts)},
          {"latency_ms", to_json(side.latency)},
          {"spread",
           {{"documents_per_second", spread(side.documents_per_second)},
            {"cpu_us_per_document", spread(side.cpu_us)}}}};
}

void add_figures(boost::json::object& result, const Outcome& outcome) {
  result["hub"] = to_json(outcome.hub);
  result["stack"] = to_json(outcome.stack);
  result["stack"].as_object()["versions"] = outcome.versions;
  result["raw"] = outcome.raw;
  result["ratios"] = {{"documents_per_second_over_stack", outcome.rate_over_stack()},
                      {"cpu_over_stack", outcome.cost_over_stack()},
                      {"cpu_over_raw", outcome.cost_over_raw()}};
}

boost::json::object settings_of(const Options& options) {
  return {{"documents", options.documents},
          {"repetitions", options.repetitions},
          {"warm_up", options.warm_up},
          {"stack_warm_up", options.stack_warm_up},
          {"recipients", options.recipients},
          {"bytes", options.bytes},
          {"units", options.units},
          {"senders", options.senders},
          {"loop", "closed"},
          {"messages", options.messages}};
}

void print_side(std::string_view name, const Side& side) {
  const auto [rate_min, rate_max] = std::ranges::minmax(side.documents_per_second);
  fmt::print(
      "  {:<15}{:8.0f} documents/s ({:.0f} to {:.0f}), {:7.1f} µs/document, p50 {:.1f} ms, "
      "p99 {:.1f} ms\n",
      name, side.rate(), rate_min, rate_max, side.cost(), milliseconds(side.latency.percentile(50)),
      milliseconds(side.latency.percentile(99)));
  if (side.part_us.size() < 2) return;
  for (const auto& [part, us] : side.part_us) fmt::print("    {:<52}{:7.1f}\n", part, us);
}

void print_figures(const Options& options, const Outcome& outcome) {
  fmt::print(
      "{} × {} documents of {} bytes to {} recipients, {} senders, {} mailboxes, closed "
      "loop:\n",
      options.repetitions, options.documents, options.bytes, options.recipients, options.senders,
      options.units);
  print_side("hub", outcome.hub);
  print_side("composed stack", outcome.stack);
  fmt::print("  {:<15}{:8.0f} messages/s, {:.1f} µs/message of the broker, nothing verified\n\n",
             "RabbitMQ alone", outcome.raw_figure("messages_per_second"),
             outcome.raw_figure("broker_cpu_us_per_message"));
  fmt::print(
      "The hub accepts {:.1f} times as many documents as the stack, for {:.2f} of its\n"
      "processor time, and {:.2f} of what RabbitMQ alone spends.\n\nThe stack is made of:\n",
      outcome.rate_over_stack(), outcome.cost_over_stack(), outcome.cost_over_raw());
  for (const auto& [name, version] : outcome.versions)
    fmt::print("  {} {}\n", std::string_view(name), std::string_view(version.as_string()));
}

Result<void> measure_hub(World& world, const Load& load, Side& side) {
  HubSubject subject(world, load.options.recipients);
  TRUC_TRY(load.put_on(subject, "hub", load.options.warm_up, world, side));
  return world.hub().stop();  // leaves the machine to the stack
}

Result<void> measure_stack(World& world, const Load& load, Outcome& outcome) {
  StackSettings settings{load.options.script, world.folder() / "stack", {}};
  for (const Unit& unit : world.nation().units()) settings.recipients.push_back(unit.code);
  TRUC_TRY(const auto stack, ComposedStack::up(settings, world.authority()));
  outcome.versions = stack->versions();
  StackSubject subject(*stack, load.options.recipients);
  TRUC_TRY(load.put_on(subject, "stack", load.options.stack_warm_up, world, outcome.stack));
  TRUC_TRY(outcome.raw, stack->raw(load.options.messages, load.options.bytes));
  return success();
}

// Of the sides that were begun.
std::vector<std::string> reasons_of(const Outcome& outcome) {
  std::vector<std::string> reasons;
  const auto add = [&](const std::string& name, const Side& side) {
    if (side.observed.submitted == 0) return;
    for (const auto& reason : reasons_to_void(side.observed)) reasons.push_back(name + reason);
  };
  add("hub: ", outcome.hub);
  add("stack: ", outcome.stack);
  return reasons;
}

Result<void> measure(World& world, const Load& load, Outcome& outcome) {
  TRUC_TRY(measure_hub(world, load, outcome.hub));
  return measure_stack(world, load, outcome);
}

Result<Exit> run(Options options) {
  auto result = make_result("compare", options.words);
  Outcome outcome;
  TRUC_TRY(const auto folder, RunFolder::make(options.folder));
  TRUC_TRY(const auto world, make_world(options, *folder));
  TRUC_TRY(const auto senders, senders_of(*world, options));
  const DocumentPlan plan{.count = options.total(),
                          .recipients = options.recipients,
                          .bytes = options.bytes,
                          .run = run_name()};
  TRUC_TRY(const auto documents, sign_with_progress(*world, senders, plan));
  const Load load{senders, documents, options};
  const auto measured = measure(*world, load, outcome);
  const auto reasons = reasons_of(outcome);
  if (!measured && reasons.empty()) return measured.error();
  result["settings"] = settings_of(options);
  if (measured) {
    add_figures(result, outcome);
    print_figures(options, outcome);
  }
  return conclude(options, result, reasons);
}

}  // namespace

Command declare_compare(CLI::App& app, const std::vector<std::string>& words) {
  auto* command = app.add_subcommand(
      "compare",
      "The same documents on the hub, on what would be put together from packages, and RabbitMQ "
      "alone.");
  const auto options = std::make_shared<Options>();
  options->words = words;
  options->units = 96;  // each is a quorum queue of the stack
  declare(*command, *options, 1'000'000, 64);
  add_count(*command, "--warm-up", options->warm_up, "Documents sent before, and not counted.",
            1'000'000);
  command
      ->add_option("--stack-warm-up", options->stack_warm_up,
                   "The same for the stack, whose JVM compiles as it runs; it gets the hub's again "
                   "and again.")
      ->capture_default_str();
  add_count(*command, "--messages", options->messages, "Sent to RabbitMQ alone.", 10'000'000);
  command->add_option("--stack", options->script, "The script that starts the stack.")
      ->check(CLI::ExistingFile)
      ->capture_default_str();
  return [options] { return run(*options); };
}

}  // namespace truc::bench
