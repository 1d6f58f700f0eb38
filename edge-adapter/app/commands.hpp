// The commands of truc-edge beside `run`. Each prints its result on standard output, what went
// wrong on standard error, and returns an exit status.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "edge-adapter/app/config.hpp"

namespace truc::edge {

enum class OutputForm : std::uint8_t { text, json };

struct SignOptions {
  std::string file;
  std::string output;
  std::string agency;  // may be empty when one is configured
};
int sign_command(const EdgeConfig& config, const SignOptions& options);

struct SendOptions {
  std::string file;  // a package or folder; empty: compose from the rest
  std::string from;
  std::vector<std::string> to;
  std::string number;
  std::string notation;
  std::string subject;
  std::string content;
  std::string type;
  int priority = 0;
  std::vector<std::string> attachments;
  std::uint64_t beside_over = 5'000'000;
  std::string recall;
  std::string update;
  std::string document_id;
  bool paper = false;
  std::optional<std::chrono::seconds> wait;
};
int send_command(const EdgeConfig& config, const SendOptions& options);

struct StatusOptions {
  std::string delivery;
  std::string code;
  std::string description;
  std::string agency;  // may be empty: the agency that received the delivery
  std::optional<std::chrono::seconds> wait;
};
int status_command(const EdgeConfig& config, const StatusOptions& options);

struct InboxOptions {
  std::string agency;  // empty: all
  OutputForm form = OutputForm::text;
};
int inbox_command(const EdgeConfig& config, const InboxOptions& options);

struct HistoryOptions {
  std::string transfer;
  std::string sender;
  std::string document_id;
  OutputForm form = OutputForm::text;
};
int history_command(const EdgeConfig& config, const HistoryOptions& options);

// Drops anew what was accepted since and what the hub does not know: it lost its disk.
struct ResendOptions {
  std::string since;  // RFC 3339
};
int resend_command(const EdgeConfig& config, const ResendOptions& options);

struct LintOptions {
  std::string path;      // a package, or a folder with envelope.edxml and its attachments
  std::string language;  // "vi" or "en"
  OutputForm form = OutputForm::text;
  enum class Judge : std::uint8_t { adapter, hub } judge = Judge::adapter;
};
int lint_command(const EdgeConfig& config, const LintOptions& options);

// Keys, certificates, lists and folders as `run` would find them.
int check_config_command(const EdgeConfig& config);

// --- Shared by the commands
// Prints a failure in both languages; the exit status that belongs to it.
int fail(const Failure& failure);
// The agency called `code`, or the only one when `code` is empty. Failures: malformed_agency_code,
// agency_not_configured, usage.
Result<const AgencyConfig*> choose_agency(const EdgeConfig& config, const std::string& code);
// `wanted`, or with "~N", so that no drop of that name is under way or has ended.
Result<std::string> free_drop_name(const EdgeConfig& config, const AgencyConfig& agency,
                                   const std::string& wanted);
// Watches sent/ and refused/ for the end of a drop; prints the receipt's summary or the refusal.
int wait_for_outcome(const EdgeConfig& config, const AgencyConfig& agency, const std::string& name,
                     std::chrono::seconds limit);

}  // namespace truc::edge
