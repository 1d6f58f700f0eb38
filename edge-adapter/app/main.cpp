#include <fmt/core.h>

#include <CLI/CLI.hpp>

#include "edge-adapter/app/commands.hpp"
#include "edge-adapter/app/daemon.hpp"
#include "edge-adapter/app/exit_status.hpp"
#include "schemas/base/version.hpp"
#include "schemas/config/reader.hpp"
#include "schemas/xml/reader.hpp"

namespace truc::edge {
namespace {

constexpr int kPriorityMax = 4;
constexpr long kWaitMax = 24 * 3600;

struct CommandLine {
  std::string config = "/etc/truc/edge.toml";
  bool check = false;
  bool print_config = false;
  SignOptions sign;
  SendOptions send;
  StatusOptions status;
  InboxOptions inbox;
  HistoryOptions history;
  LintOptions lint;
  ResendOptions resend;
  bool remote = false;
  bool json = false;
  long wait = -1;
};

void add_wait(CLI::App& command, CommandLine& line) {
  command.add_option("--wait", line.wait, "Wait up to so many seconds for the receipt or refusal.")
      ->check(CLI::Range(0L, kWaitMax));
}

void add_sign(CLI::App& app, CommandLine& line) {
  auto* command = app.add_subcommand("sign", "Sign a package; send nothing.");
  command->add_option("FILE", line.sign.file, "The unsigned package.")->required();
  command->add_option("-o,--output", line.sign.output, "Where the signed one goes.")->required();
  command->add_option("--agency", line.sign.agency, "The signing agency, which From must name.");
}

void add_send(CLI::App& app, CommandLine& line) {
  auto* command = app.add_subcommand(
      "send", "Drop a package into its agency's out/; prints the name that the drop was given.");
  auto& send = line.send;
  command->add_option("FILE", send.file,
                      "A package NAME.edxml, or a folder with envelope.edxml. Without it a package "
                      "is composed from the options.");
  command->add_option("--from", send.from, "The sending agency.");
  command->add_option("--to", send.to, "An addressee; again, or separated by commas.")
      ->delimiter(',');
  command->add_option("--number", send.number, "The document's number: 7816.");
  command->add_option("--notation", send.notation, "The document's notation: VPCP-TTĐT.");
  command->add_option("--subject", send.subject, "What it is about (trích yếu).");
  command->add_option("--content", send.content, "A short content.");
  command->add_option("--type", send.type, "The kind of document: Công văn.");
  command->add_option("--priority", send.priority, "0 normal … 4 at once by time.")
      ->check(CLI::Range(0, kPriorityMax));
  command->add_option("--attach", send.attachments, "A file; may be repeated.")
      ->check(CLI::ExistingFile);
  command
      ->add_option("--beside-over", send.beside_over,
                   "Files of more bytes travel beside the envelope.")
      ->capture_default_str();
  command->add_option("--recall", send.recall, "Recalls the document of this DocumentId.");
  command->add_option("--update", send.update, "Updates the document of this DocumentId.");
  command->add_option("--document-id", send.document_id,
                      "The DocumentId; else sender, day, number and notation.");
  command->add_flag("--paper", send.paper, "A paper copy follows.");
  add_wait(*command, line);
}

void add_status(CLI::App& app, CommandLine& line) {
  auto* command = app.add_subcommand("status", "Report on a received document to its sender.");
  auto& status = line.status;
  command->add_option("DELIVERY", status.delivery, "The delivery: its name in in/.")->required();
  command->add_option("--code", status.code, "01 02 03 04 05 06 13 15 16.")->required();
  command->add_option("--description", status.description, "A word to the sender.");
  command->add_option("--agency", status.agency, "The receiving agency.");
  add_wait(*command, line);
}

void add_lint(CLI::App& app, CommandLine& line) {
  auto* command =
      app.add_subcommand("lint", "Tell everything that is wrong with a package; send nothing.");
  command
      ->add_option("FILE", line.lint.path,
                   "A package, or a folder with envelope.edxml and its attachments.")
      ->required();
  command->add_flag("--json", line.json, "Print JSON.");
  command->add_option("--language", line.lint.language, "vi or en.")
      ->check(CLI::IsMember({"vi", "en"}));
  command->add_flag("--remote", line.remote,
                    "Ask the hub, which knows the directory; sends no document.");
}

void add_queries(CLI::App& app, CommandLine& line) {
  auto* inbox = app.add_subcommand("inbox", "List what stands in in/, checked anew.");
  inbox->add_option("--agency", line.inbox.agency, "Only this agency.");
  inbox->add_flag("--json", line.json, "Print JSON.");
  auto* history = app.add_subcommand("history", "Ask the hub what became of a document.");
  history->add_option("TRANSFER", line.history.transfer, "The transfer, from the receipt.");
  history->add_option("--sender", line.history.sender, "The sending agency.");
  history->add_option("--document-id", line.history.document_id, "The sender's DocumentId.");
  history->add_flag("--json", line.json, "Print the hub's JSON.");
}

void add_resend(CLI::App& app, CommandLine& line) {
  auto* command = app.add_subcommand(
      "resend", "After the hub lost its disk: drop anew what it does not know any more.");
  command
      ->add_option("--since", line.resend.since,
                   "Accepted since the hub's backup: 2026-11-22T07:42:32.473Z.")
      ->required();
}

int run_command(const CLI::App& app, CommandLine line) {
  EdgeConfig config = load_config(line.config);
  if (line.print_config) {
    fmt::print("{}", config.effective);
    return kExitOk;
  }
  if (line.check || app.got_subcommand("check-config")) return check_config_command(config);
  if (line.wait >= 0) {
    line.send.wait = std::chrono::seconds(line.wait);
    line.status.wait = line.send.wait;
  }
  const OutputForm form = line.json ? OutputForm::json : OutputForm::text;
  line.inbox.form = form;
  line.history.form = form;
  line.lint.form = form;
  if (line.remote) line.lint.judge = LintOptions::Judge::hub;
  if (app.got_subcommand("sign")) return sign_command(config, line.sign);
  if (app.got_subcommand("send")) return send_command(config, line.send);
  if (app.got_subcommand("status")) return status_command(config, line.status);
  if (app.got_subcommand("lint")) return lint_command(config, line.lint);
  if (app.got_subcommand("inbox")) return inbox_command(config, line.inbox);
  if (app.got_subcommand("resend")) return resend_command(config, line.resend);
  if (app.got_subcommand("history")) return history_command(config, line.history);
  return run_daemon(std::move(config));
}

int main_of(int argc, char** argv) {
  CLI::App app("truc-edge: an agency's side of the Truc document interchange");
  CommandLine line;
  app.set_version_flag("--version", version_line("truc-edge"));
  app.add_option("--config", line.config, "The configuration file.")->capture_default_str();
  app.add_flag("--check", line.check, "Check configuration, keys and folders, and end.");
  app.add_flag("--print-config", line.print_config, "Print the effective configuration, and end.");
  app.require_subcommand(0, 1);
  app.fallthrough();
  app.add_subcommand("run", "Run the adapter until SIGTERM (also without a command).");
  app.add_subcommand("check-config", "The same as --check.");
  add_sign(app, line);
  add_send(app, line);
  add_status(app, line);
  add_lint(app, line);
  add_resend(app, line);
  add_queries(app, line);
  app.footer(
      "Exit status: 0 done, 1 refused, 2 usage or configuration, 3 hub or files unreachable.");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kExitOk : kExitUsage;
  }
  try {
    const xml::Library library;
    return run_command(app, std::move(line));
  } catch (const config::ConfigError& error) {
    fmt::print(stderr, "{}\n", error.what());
    return kExitUsage;
  } catch (const std::exception& error) {
    fmt::print(stderr, "truc-edge: {}\n", error.what());
    return kExitUnreachable;
  }
}

}  // namespace
}  // namespace truc::edge

int main(int argc, char** argv) {
  return truc::edge::main_of(argc, argv);
}
