// truc-hub: one process, one configuration file.
#include <CLI/CLI.hpp>

#include <csignal>
#include <iostream>

#include "hub/app/backup_commands.hpp"
#include "hub/app/hub.hpp"
#include "schemas/base/problem.hpp"
#include "schemas/base/version.hpp"
#include "schemas/xml/reader.hpp"

namespace {

using namespace truc;

constexpr int kDone = 0;
constexpr int kBadConfig = 2;
constexpr int kCannotStart = 3;
constexpr int kTendSeconds = 1;

constexpr std::string_view kFooter = R"(
Signals: SIGTERM, SIGINT stop cleanly; SIGHUP reads directory, trust and TLS credentials again.
Exit status: 0 stopped cleanly, or the check passed; 1 a backup is damaged or not restored; 2 the
command line or the configuration is wrong; 3 the hub cannot start, or files fail. Events are JSON
lines on standard error.)";

enum class Task { serve, check, print_config };

struct Options {
  std::string config_path;
  Task task = Task::serve;
  hub::VerifyOptions verify;
  hub::RestoreOptions restore;
};

// The running hub makes backups (POST /v1/backups); these work where none runs.
CLI::App* add_backup(CLI::App& app, Options& options) {
  auto* backup =
      app.add_subcommand("backup", "Compare or restore backups; needs no configuration.");
  backup->require_subcommand(1);
  auto* verify = backup->add_subcommand("verify", "Read backups and compare their checksums.");
  verify->add_option("FOLDER", options.verify.folder, "The folder of the backups.")->required();
  verify->add_option("--id", options.verify.id, "Only this one.");
  auto* restore =
      backup->add_subcommand("restore", "Make a store of a backup, whole or not at all.");
  restore->add_option("FOLDER", options.restore.folder, "The folder of the backups.")->required();
  restore->add_option("--id", options.restore.id, "This one; else the newest.");
  restore->add_option("--to", options.restore.data, "The hub's `data`; must hold no store.")
      ->required();
  return backup;
}

int complain(int status, const std::string& what) {
  std::cerr << "truc-hub: " << what << '\n';
  return status;
}

// The signals that the main thread waits for; blocked before any other thread begins, so that no
// other thread ever gets one.
sigset_t block_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals, signal);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  return signals;
}

void serve_until_stopped(hub::Hub& hub, const sigset_t& signals) {
  while (true) {  // ends with SIGTERM or SIGINT
    const timespec wait{kTendSeconds, 0};
    const int signal = sigtimedwait(&signals, nullptr, &wait);
    if (signal == SIGTERM || signal == SIGINT) return;
    if (signal == SIGHUP) hub.reload();
    hub.tend();
  }
}

int serve(hub::HubConfig config) {
  const sigset_t signals = block_signals();
  const xml::Library library;
  telemetry::Log log(config.log_level);
  auto hub = hub::Hub::start(std::move(config), log);
  if (!hub) {
    log.flush();
    return complain(kCannotStart, to_log_line(hub.error()));
  }
  serve_until_stopped(*hub.value(), signals);
  hub.value()->stop();
  return kDone;
}

int check(const hub::HubConfig& config) {
  const xml::Library library;
  const auto checked = hub::check_hub(config);
  if (!checked) return complain(kCannotStart, to_log_line(checked.error()));
  std::cout << "truc-hub: the configuration and the files that it names can be used\n";
  return kDone;
}

int run(const Options& options) {
  try {
    const auto reader = config::Reader::from_file(options.config_path);
    auto config = hub::read_hub_config(*reader);
    switch (options.task) {
      case Task::serve:
        return serve(std::move(config));
      case Task::check:
        return check(config);
      case Task::print_config:
        std::cout << reader->effective();
        return kDone;
    }
  } catch (const config::ConfigError& error) {
    return complain(kBadConfig, error.what());
  } catch (const std::exception& error) {
    return complain(kCannotStart, error.what());
  }
  return kDone;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Truc's hub: takes, keeps and delivers signed edXML documents.", "truc-hub");
  app.footer(std::string(kFooter));
  app.set_version_flag("--version", version_line("truc-hub"));
  Options options;
  bool wants_check = false;
  bool wants_config = false;
  app.add_option("--config", options.config_path, "The configuration, TOML.");
  auto* check_flag = app.add_flag("--check", wants_check,
                                  "Read the configuration and the files that it names, and exit.");
  app.add_flag("--print-config", wants_config, "Print every setting as effective, and exit.")
      ->excludes(check_flag);
  const auto* backup = add_backup(app, options);
  try {
    app.parse(argc, argv);
    if (!backup->parsed() && options.config_path.empty()) throw CLI::RequiredError("--config");
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kDone : kBadConfig;
  }
  if (backup->got_subcommand("verify")) return hub::verify_backups(options.verify);
  if (backup->got_subcommand("restore")) return hub::restore_backup(options.restore);
  if (wants_check) options.task = Task::check;
  if (wants_config) options.task = Task::print_config;
  return run(options);
}
