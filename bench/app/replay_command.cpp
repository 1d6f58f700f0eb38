#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <cmath>
#include <numeric>

#include "bench/app/command.hpp"
#include "bench/app/slice.hpp"
#include "bench/report/progress.hpp"
#include "bench/traffic/cast.hpp"
#include "bench/traffic/figures.hpp"

namespace truc::bench {
namespace {

constexpr std::size_t kSliceDocuments = 5'000;  // signed together: some 100 MB
constexpr std::size_t kAdaptersMax = 6'000;     // three connections each; a hub takes 20,000
constexpr auto kHanoi = std::chrono::hours(7);  // before UTC

struct Options : CommonOptions {
  std::size_t documents = 5'000;
  bool whole = false;
  std::size_t adapters = 400;
  std::uint64_t seed = 1;
  std::string from = "2020/08/24";
  double speed = 0;  // times real time; 0: as fast as it goes
  std::size_t in_flight = 256;
};

struct Outcome {
  std::vector<Slice> slices;
  HanoiTime from;
  HanoiTime until;
  double busiest_hour = 0;  // documents a second of the model
  std::size_t senders = 0;
  std::size_t receivers = 0;

  template <class Figure>
  double sum(Figure figure) const {
    return std::accumulate(slices.begin(), slices.end(), 0.0, [&](double sum, const Slice& slice) {
      return sum + static_cast<double>(figure(slice));
    });
  }
  double seconds() const {
    return sum([](const Slice& slice) { return slice.passage.taken.count(); });
  }
  double deliveries() const {
    return sum([](const Slice& slice) { return slice.passage.deliveries; });
  }
  double statuses() const {
    return sum([](const Slice& slice) { return slice.passage.statuses; });
  }
};

Result<Part> part_of(const Options& options, const Calendar& calendar) {
  if (options.whole) return Part{0, calendar.documents()};
  const auto day = parse_national_date(options.from);
  if (!day) return day.error();
  const double before = calendar.before(std::chrono::local_days(day.value()));
  const auto first = static_cast<std::size_t>(std::ceil(before));
  return Part{std::min(first, calendar.documents() - options.documents), options.documents};
}

double busiest_hour(const Calendar& calendar) {
  double most = 0;
  for (HanoiTime hour = figures::kBegin; hour < figures::kEnd; hour += std::chrono::hours(1))
    most = std::max(most, calendar.before(hour + std::chrono::hours(1)) - calendar.before(hour));
  return most / 3'600;
}

Pace pace_of(const Options& options, const std::vector<Sending>& sendings) {
  if (options.speed == 0) return Pace{.window = options.in_flight};
  return Pace{.due = [&options, &sendings](std::size_t document) {
    const std::chrono::duration<double> after =
        (sendings[document].due - sendings.front().due) / options.speed;
    return std::chrono::duration_cast<Steady::duration>(after);
  }};
}

std::vector<Sending> sendings_of(const Traffic& traffic, const Part& part) {
  std::vector<Sending> sendings;
  for (std::size_t i = 0; i < part.count; ++i) sendings.push_back(traffic.sending(part.first + i));
  return sendings;
}

Result<std::vector<SignedDocument>> sign(const Cast& cast, const std::vector<Sending>& sendings,
                                         const Part& part, const std::string& run) {
  Progress progress("sign");
  std::size_t total = 0;
  for (const Sending& one : sendings)
    total += std::accumulate(one.statuses.begin(), one.statuses.end(), std::size_t{1});
  return cast.sign(sendings, part, run, [&](std::size_t made) { progress.show(made, total); });
}

// Slice by slice; what is signed for one is gone before the next.
Result<void> play(World& world, Exchange& exchange, const Cast& cast, const Traffic& traffic,
                  const Options& options, const Part& part, Outcome& outcome) {
  const std::string run = run_name();
  const std::size_t slices = (part.count + kSliceDocuments - 1) / kSliceDocuments;
  for (std::size_t done = 0; done < part.count; done += kSliceDocuments) {
    const Part slice{part.first + done, std::min(kSliceDocuments, part.count - done)};
    const auto sendings = sendings_of(traffic, slice);
    TRUC_TRY(const auto documents, sign(cast, sendings, slice, run));
    const auto name = fmt::format("slice {} of {}", outcome.slices.size() + 1, slices);
    TRUC_TRY(outcome.slices.emplace_back(),
             run_slice(world, exchange, Load(documents, pace_of(options, sendings)), name));
  }
  return success();
}

std::string text_of(HanoiTime time) {
  return to_national(Time(time.time_since_epoch() - kHanoi));
}

std::string_view name_of(edxml::Priority priority) {
  switch (priority) {
    case edxml::Priority::normal:
      return "normal";
    case edxml::Priority::urgent:
      return "urgent";
    case edxml::Priority::very_urgent:
      return "very_urgent";
    case edxml::Priority::immediate:
      return "immediate";
    case edxml::Priority::immediate_by_time:
      return "immediate_by_time";
  }
  return "normal";
}

struct Latencies {
  Histogram accepted;
  Histogram in_hand;
  Histogram delivered;
  std::map<edxml::Priority, Histogram> by_urgency;

  explicit Latencies(const std::vector<Slice>& slices) {
    for (const Slice& slice : slices) {
      accepted.merge(slice.passage.accepted);
      in_hand.merge(slice.passage.in_hand);
      delivered.merge(slice.passage.delivered);
      for (const auto& [priority, histogram] : slice.passage.delivered_by_urgency)
        by_urgency[priority].merge(histogram);
    }
  }
};

void print_latencies(const Latencies& latencies) {
  const auto line = [](std::string_view name, const Histogram& way) {
    fmt::print("  {:<28} p50 {:8.1f} ms   p99 {:8.1f} ms   p99.9 {:8.1f} ms\n", name,
               milliseconds(way.percentile(50)), milliseconds(way.percentile(99)),
               milliseconds(way.percentile(99.9)));
  };
  line("accepted", latencies.accepted);
  line("in hand", latencies.in_hand);
  for (const auto& [priority, way] : latencies.by_urgency)
    line(fmt::format("delivered, {}", name_of(priority)), way);
}

void add_settings(boost::json::object& result, const Options& options, const Part& part,
                  const Outcome& outcome) {
  result["settings"] = boost::json::object{
      {"documents", part.count},       {"first_document", part.first},
      {"from", text_of(outcome.from)}, {"until", text_of(outcome.until)},
      {"units", options.units},        {"adapters", options.adapters},
      {"senders", outcome.senders},    {"receivers", outcome.receivers},
      {"seed", options.seed},          {"loop", options.speed > 0 ? "open" : "closed"},
      {"speed", options.speed},        {"in_flight", options.in_flight}};
}

void report(boost::json::object& result, const Options& options, const Part& part,
            const Outcome& outcome) {
  const auto documents = static_cast<double>(part.count);
  const double rate = documents / outcome.seconds();
  const double cpu_us = outcome.sum([](const Slice& slice) {
    return slice.hub_cpu_us * static_cast<double>(slice.passage.accepted.count());
  }) / documents;
  const Latencies latencies(outcome.slices);
  add_settings(result, options, part, outcome);
  result["measured_seconds"] = outcome.seconds();
  result["measured_deliveries"] = outcome.deliveries();
  result["measured_statuses"] = outcome.statuses();
  result["measured_documents_per_second"] = rate;
  result["measured_deliveries_per_second"] = outcome.deliveries() / outcome.seconds();
  result["measured_hub_cpu_us_per_document"] = cpu_us;
  result["accepted_ms"] = to_json(latencies.accepted);
  result["in_hand_ms"] = to_json(latencies.in_hand);
  result["delivered_ms"] = to_json(latencies.delivered);
  for (const auto& [priority, way] : latencies.by_urgency)
    result[fmt::format("delivered_{}_ms", name_of(priority))] = to_json(way);
  boost::json::array slices;
  for (const Slice& slice : outcome.slices) slices.emplace_back(to_json(slice));
  result["slices"] = std::move(slices);

  fmt::print(
      "{} documents of the 18 months, from {} to {} in Hanoi, seed {}:\n"
      "{:.0f} deliveries, each fetched and confirmed, and {:.0f} statuses that came back, between "
      "{} "
      "units.\nMeasured, over {:.1f} s:\n"
      "  documents                  {:8.1f} a second, with all that comes of them\n"
      "  deliveries                 {:8.1f} a second\n"
      "  hub's processor            {:8.1f} µs a document\n",
      part.count, text_of(outcome.from), text_of(outcome.until), options.seed, outcome.deliveries(),
      outcome.statuses(), outcome.receivers, outcome.seconds(), rate,
      outcome.deliveries() / outcome.seconds(), cpu_us);
  print_latencies(latencies);
  if (options.speed > 0) return;

  // A rate that was chosen says nothing about what the hub can do.
  const double whole = static_cast<double>(figures::kDocuments) / rate;
  result["computed_whole_seconds"] = whole;
  result["computed_busiest_hour_documents_per_second"] = outcome.busiest_hour;
  result["computed_times_busiest_hour"] = rate / outcome.busiest_hour;
  fmt::print(
      "Computed from that:\n"
      "  the whole 18 months        {:8.1f} minutes at this rate ({} documents)\n"
      "  their busiest hour         {:8.2f} documents/s, of which this is {:.0f} times as many\n",
      whole / 60, figures::kDocuments, outcome.busiest_hour, rate / outcome.busiest_hour);
}

Result<Exit> run(Options options) {
  auto result = make_result("replay", options.words);
  TRUC_TRY(allow_files(4 * options.adapters));
  TRUC_TRY(const auto folder, RunFolder::make(options.folder));
  TRUC_TRY(const auto world, make_world(options, *folder));
  const auto units = take_provinces(world->nation(), options.adapters);
  const Traffic traffic(units, options.seed);
  TRUC_TRY(const auto part, part_of(options, traffic.calendar()));
  TRUC_TRY(const auto cast, Cast::make(units, traffic, part, world->authority()));

  Outcome outcome{.slices = {},
                  .from = traffic.sending(part.first).due,
                  .until = traffic.sending(part.first + part.count - 1).due,
                  .busiest_hour = busiest_hour(traffic.calendar()),
                  .senders = cast.who().senders.size(),
                  .receivers = cast.who().receivers.size()};
  Exchange exchange(*world);
  TRUC_TRY(exchange.begin(cast.who().senders, cast.who().receivers));
  const auto played = play(*world, exchange, cast, traffic, options, part, outcome);
  const auto reasons = reasons_to_void(exchange.observed());
  if (!played && reasons.empty()) return played.error();
  if (reasons.empty()) report(result, options, part, outcome);
  return conclude(options, result, reasons);
}

}  // namespace

Command declare_replay(CLI::App& app, const std::vector<std::string>& words) {
  auto* command = app.add_subcommand(
      "replay", "Traffic as the national axis had it in its first 18 months, on its whole way.");
  const auto options = std::make_shared<Options>();
  options->words = words;
  declare(*command, *options);
  declare_hub(*command, *options);
  auto* some = command->add_option("--documents", options->documents, "How many of them.")
                   ->check(CLI::Range(std::size_t{1}, figures::kDocuments))
                   ->capture_default_str();
  command->add_flag("--whole", options->whole, "All 2,500,000 of them, from the first day on.")
      ->excludes(some);
  command
      ->add_option("--from", options->from,
                   "The day of Hanoi whose documents come first, yyyy/MM/dd; an earlier one when "
                   "not so many follow.")
      ->capture_default_str();
  add_count(*command, "--adapters", options->adapters,
            "Units that take part, in whole provinces; of these connect who sends or receives.",
            kAdaptersMax, 2);
  command->add_option("--seed", options->seed, "The same seed is the same traffic.")
      ->capture_default_str();
  command
      ->add_option("--speed", options->speed,
                   "Open loop: so many times as fast as the real time. Default: a closed loop.")
      ->check(CLI::Range(0.001, 1'000'000.0));
  add_count(*command, "--in-flight", options->in_flight,
            "Of the closed loop: documents on their way at a time, until all is confirmed.",
            100'000);
  return [options] { return run(*options); };
}

}  // namespace truc::bench
