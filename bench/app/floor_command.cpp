#include <fmt/format.h>

#include "bench/app/command.hpp"
#include "bench/app/floor_words.hpp"

namespace truc::bench {
namespace {

Result<Exit> run(CommonOptions options) {
  auto result = make_result("floor", options.words);
  TRUC_TRY(const auto folder, RunFolder::make(options.folder));
  TRUC_TRY(const auto world, make_world(options, *folder));
  TRUC_TRY(world->hub().stop());  // the floor is measured without a hub beside it
  TRUC_TRY(const auto senders, senders_of(*world, options));
  const DocumentPlan plan{.count = kFloorDocuments, .run = run_name()};
  TRUC_TRY(const auto documents, sign_with_progress(*world, senders, plan));
  const FloorMaterial material{world->authority(), senders, documents, folder->path(),
                               options.floor_rounds};
  TRUC_TRY(const auto floor, floor_with_progress(material));
  result["floor_us"] = floor.us();
  result["floor"] = to_json(floor);
  print_floor(floor);
  return conclude(options, result, {});
}

}  // namespace

void print_floor(const Floor& floor) {
  fmt::print(
      "Processor time for what a hub cannot do without, of one document, each step alone:\n");
  for (const StepCost& step : floor.steps)
    fmt::print("  {:<14}{:8.1f} µs   ({:.1f} to {:.1f})\n", step.name, step.us, step.us_min,
               step.us_max);
  fmt::print("  {:<14}{:8.1f} µs\n", "floor", floor.us());
}

Command declare_floor(CLI::App& app, const std::vector<std::string>& words) {
  auto* command = app.add_subcommand("floor", "What this machine can do at all: each step alone.");
  const auto options = std::make_shared<CommonOptions>();
  options->words = words;
  declare(*command, *options);
  declare_senders(*command, *options);
  declare_floor_rounds(*command, *options);
  return [options] { return run(*options); };
}

}  // namespace truc::bench
