// truc-bench: measures what a hub can do, and checks that it did it.
#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <map>

#include "bench/app/command.hpp"
#include "schemas/base/problem.hpp"
#include "schemas/base/version.hpp"
#include "schemas/xml/reader.hpp"

namespace truc::bench {
namespace {

constexpr auto kFooter =
    "Every command but prepare and report starts a hub of its own in a temporary folder, or drives "
    "one elsewhere\n(--hub), checks that nothing was lost or doubled, and says in words what it "
    "measured; bench/README.md tells what each figure means.\n"
    "Exit: 0 done, 1 the run is void, 2 the command line was not understood, 3 it could not be "
    "done.";

int run(int argc, char** argv) {
  CLI::App app("Measures what Truc can do on this machine, close to or far from its limit.",
               "truc-bench");
  app.footer(kFooter);
  app.set_version_flag("--version", version_line("truc-bench"));
  app.require_subcommand(1);
  const std::vector<std::string> words(argv, argv + argc);
  const std::map<std::string, Command> commands = {
      {"prepare", declare_prepare(app, words)},     {"floor", declare_floor(app, words)},
      {"accept", declare_accept(app, words)},       {"e2e", declare_e2e(app, words)},
      {"broadcast", declare_broadcast(app, words)}, {"idle", declare_idle(app, words)},
      {"large", declare_large(app, words)},         {"deliver", declare_deliver(app, words)},
      {"soak", declare_soak(app, words)},           {"replay", declare_replay(app, words)},
      {"report", declare_report(app, words)},       {"compare", declare_compare(app, words)},
      {"depth", declare_depth(app, words)},
  };
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return static_cast<int>(app.exit(error) == 0 ? Exit::done : Exit::misused);
  }
  std::signal(SIGPIPE, SIG_IGN);
  const xml::Library library;
  const auto ended = commands.at(app.get_subcommands().front()->get_name())();
  if (ended) return static_cast<int>(ended.value());
  std::fputs(("truc-bench: " + to_log_line(ended.error()) + "\n").c_str(), stderr);
  return static_cast<int>(Exit::not_done);
}

}  // namespace
}  // namespace truc::bench

int main(int argc, char** argv) {
  return truc::bench::run(argc, argv);
}
