#include <fmt/format.h>

#include "bench/app/command.hpp"
#include "bench/report/page.hpp"

namespace truc::bench {
namespace {

struct Options {
  std::vector<std::string> files;
  std::string output;
};

Result<Exit> run(const Options& options) {
  std::vector<boost::json::object> results;
  for (const std::string& file : options.files) {
    TRUC_TRY(results.emplace_back(), read_result(file));
  }
  TRUC_TRY(write_text(options.output, make_page(results)));
  fmt::print("{} results are in {}\n", results.size(), options.output);
  return Exit::done;
}

}  // namespace

Command declare_report(CLI::App& app, const std::vector<std::string>&) {
  auto* command =
      app.add_subcommand("report", "Makes one HTML page with plots of what --json wrote.");
  const auto options = std::make_shared<Options>();
  command->add_option("FILE", options->files, "Results, as --json wrote them.")->required();
  command->add_option("-o,--output", options->output, "The page.")->required();
  return [options] { return run(*options); };
}

}  // namespace truc::bench
