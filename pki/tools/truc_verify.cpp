// truc-verify: checks signed packages and receipts without asking anybody.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <map>

#include "pki/tools/examine.hpp"
#include "pki/tools/report.hpp"
#include "schemas/base/version.hpp"
#include "schemas/xml/reader.hpp"

namespace truc::pki {
namespace {

enum class Exit : int { verified = 0, refused = 1, not_done = 2 };

struct Options {
  std::vector<std::string> anchors;
  std::vector<std::string> lists;
  std::vector<std::string> files;
  std::string document;
  std::vector<std::string> receipts;
  std::string at;
  std::vector<std::string> policies;
  Purpose purpose = Purpose::unstated;
  std::string language_name = "vi";
  bool json = false;

  Language language() const {
    return language_name == "en" ? Language::english : Language::vietnamese;
  }
};

void declare(CLI::App& app, Options& options) {
  app.add_option("--anchor", options.anchors, "root certificate (PEM); may be repeated")
      ->required()
      ->allow_extra_args(false);  // or it would take the files behind it for roots
  app.add_option("--crl", options.lists,
                 "revocation list (PEM or DER), one for every authority of a path; without any, "
                 "revocation is not checked, and the report says so")
      ->allow_extra_args(false);
  app.add_option("--at", options.at,
                 "judge by what was known at this moment, e.g. 2026-11-22T07:42:32.473Z (default: "
                 "now); a receipt is always judged as of the moment that it states, and so is the "
                 "package of a hub's receipt");
  app.add_option("--purpose", options.purpose,
                 "what a certificate must be good for: signing, client (of TLS), server; default: "
                 "its path alone is checked")
      ->transform(CLI::CheckedTransformer(
          std::map<std::string, Purpose>{{"signing", Purpose::document_signing},
                                         {"client", Purpose::tls_client},
                                         {"server", Purpose::tls_server}}));
  app.add_option(
         "--policy", options.policies,
         "object identifier of a policy, of which every path must allow one; may be repeated")
      ->allow_extra_args(false);
  app.add_option("--document", options.document, "a package that the receipts must speak of");
  app.add_option("--receipt", options.receipts, "a receipt that must speak of --document")
      ->allow_extra_args(false)
      ->needs("--document");
  app.get_option("--document")->needs("--receipt");
  app.add_option("--language", options.language_name, "vi or en")
      ->check(CLI::IsMember({"vi", "en"}))
      ->capture_default_str();
  app.add_flag("--json", options.json, "one JSON array instead of text");
  app.add_option(
      "FILE", options.files,
      "signed packages (XML), receipts (JSON), certificates (PEM, with those above them)");
  app.set_version_flag("--version", version_line("truc-verify"));
  app.footer("Exit: 0 everything is verified, 1 something is refused, 2 it could not be done.");
}

Result<Time> moment_of(const Options& options) {
  if (options.at.empty()) return SystemClock().now();
  return parse_rfc3339(options.at);
}

TrustFiles trust_files_of(const Options& options) {
  TrustFiles files;
  files.anchor_files = options.anchors;
  files.crl_files = options.lists;
  files.policies = options.policies;
  if (options.lists.empty()) files.revocation = TrustFiles::Revocation::unchecked;
  return files;
}

// When a hub says that it accepted what the receipts speak of.
std::optional<Time> accepted_at(const std::vector<Examination>& receipts) {
  for (const auto& one : receipts) {
    if (one.receipt && one.receipt->claims().kind == ReceiptKind::accepted)
      return one.receipt->claims().issued_at;
  }
  return std::nullopt;
}

// What --document and --receipt ask for; a match only of two files that are themselves verified.
void hold_together(const Options& options, const Measure& measure, std::vector<Report>& reports) {
  std::vector<Examination> receipts;
  for (const auto& file : options.receipts) receipts.push_back(examine(file, measure));
  const auto package = examine(options.document, measure, accepted_at(receipts));
  reports.push_back(report_on(package, measure, options.language()));
  for (const auto& receipt : receipts) {
    reports.push_back(report_on(receipt, measure, options.language()));
    if (package.failure || receipt.failure) continue;
    const bool kinds_hold = package.package && receipt.receipt;
    const auto verdict = kinds_hold ? require_speaks_of(*receipt.receipt, *package.package)
                                    : Result<void>(Failure(ErrorCode::receipt_mismatch)
                                                       .expected("a package and a receipt")
                                                       .found("two files of one kind"));
    reports.push_back(report_on_match(receipt.file, options.document, verdict));
  }
}

Exit exit_of(const std::vector<Report>& reports) {
  Exit worst = Exit::verified;
  for (const auto& report : reports) {
    if (!report.failure) continue;
    if (report.failure->code() == ErrorCode::file_failed) return Exit::not_done;
    worst = Exit::refused;
  }
  return worst;
}

Result<Exit> verify(const Options& options) {
  TRUC_TRY(const Time at, moment_of(options));
  const TrustFiles files = trust_files_of(options);
  TRUC_TRY(auto trust, TrustStore::load(files));
  TRUC_TRY(const auto rules, edxml::Rules::load());
  const Measure measure{std::move(trust), files.revocation, rules, options.purpose, at};
  std::vector<Report> reports;
  if (!options.document.empty()) hold_together(options, measure, reports);
  for (const auto& file : options.files)
    reports.push_back(report_on(examine(file, measure), measure, options.language()));
  if (options.json) {
    std::puts(to_json(reports).c_str());
  } else {
    for (const auto& report : reports) std::puts(to_text(report, options.language()).c_str());
  }
  return exit_of(reports);
}

int run(int argc, char** argv) {
  CLI::App app(
      "Checks signed packages, receipts and certificates offline, with nothing but the root "
      "certificate.",
      "truc-verify");
  Options options;
  declare(app, options);
  try {
    app.parse(argc, argv);
    if (options.files.empty() && options.document.empty())
      throw CLI::RequiredError("FILE, or --document with --receipt,");
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : static_cast<int>(Exit::not_done);
  }
  const xml::Library library;
  const auto done = verify(options);
  if (done) return static_cast<int>(done.value());
  std::fputs((to_text(done.error(), options.language()) + "\n").c_str(), stderr);
  return static_cast<int>(Exit::not_done);
}

}  // namespace
}  // namespace truc::pki

int main(int argc, char** argv) {
  return truc::pki::run(argc, argv);
}
