#include <fmt/core.h>

#include "edge-adapter/app/commands.hpp"
#include "edge-adapter/app/exit_status.hpp"
#include "edge-adapter/app/hub_call.hpp"
#include "edge-adapter/bridge/beside.hpp"
#include "edge-adapter/bridge/prepare.hpp"
#include "edge-adapter/uplink/problem.hpp"
#include "pki/signature/sign.hpp"
#include "schemas/base/limits.hpp"
#include "schemas/base/problem.hpp"
#include "schemas/edxml/lint.hpp"

namespace truc::edge {
namespace {

struct ReadDrop {
  DropPlace place;
  std::string bytes;
};

Result<ReadDrop> read_drop(const Files& files, const std::string& path) {
  TRUC_TRY(const auto info, files.find(path));
  if (!info) return Failure(ErrorCode::file_failed).at(path).expected("a file or folder");
  const bool is_folder = info->type == EntryType::folder;
  const auto package = is_folder ? path + "/" + std::string(kEnvelopeName) : path;
  TRUC_TRY(auto bytes, files.read(package, limits::kEnvelopeBytesMax));
  return ReadDrop{{path, is_folder ? DropForm::folder : DropForm::package}, std::move(bytes)};
}

const edxml::UntrustedEnvelope* readable(const edxml::Linted& linted) {
  if (linted.valid) return &linted.valid->envelope();
  return linted.readable ? &*linted.readable : nullptr;
}

// What the hub knows nothing of: this adapter's agencies, and the files beside.
Result<void> check_surroundings(const EdgeConfig& config, const Files& files, const ReadDrop& drop,
                                const edxml::Linted& linted, Faults& faults) {
  const auto* envelope = readable(linted);
  if (!envelope) return success();
  TRUC_TRY(faults.add_of(config.find(envelope->content().from().organ_id)));
  TRUC_TRY(check_beside(files, drop.place, envelope->content(), faults));
  return success();
}

Result<void> find_faults(const EdgeConfig& config, const ReadDrop& drop, Faults& faults) {
  TRUC_TRY(const auto rules, edxml::Rules::load());
  TRUC_TRY(auto linted, edxml::lint(rules, drop.bytes, faults));
  TRUC_TRY(check_surroundings(config, PosixFiles(), drop, linted, faults));
  if (!linted.valid || !pki::has_signature(linted.valid->envelope())) return success();
  TRUC_TRY(const auto trust, config.load_trust());
  return pki::find_signature_faults(*linted.valid, *trust, SystemClock().now(), faults);
}

// As the adapter would submit it: signed, when it is not and can be.
Result<std::string> as_submitted(const EdgeConfig& config, const std::string& bytes,
                                 edxml::Linted linted) {
  if (!linted.valid || pki::has_signature(linted.valid->envelope())) return bytes;
  const auto agency = config.find(linted.valid->content().from().organ_id);
  if (!agency) return bytes;
  TRUC_TRY(const auto credential,
           pki::Credential::load(agency.value()->key, agency.value()->chain));
  return pki::sign_envelope(std::move(*linted.valid), credential);
}

// The hub judges the package, and the adapter what it alone can see. What is not uploaded yet is no
// fault: the adapter uploads before it submits, and the files have been looked at.
Result<FaultList> ask_for_faults(const EdgeConfig& config, const ReadDrop& drop) {
  TRUC_TRY(const auto rules, edxml::Rules::load());
  Faults package(limits::kLintFaultsMax);
  auto linted = edxml::lint(rules, drop.bytes, package);
  if (!linted && !package.has_more()) return linted.error();
  FaultList surroundings;
  auto submitted = std::make_shared<std::string>(drop.bytes);
  if (linted) {
    TRUC_TRY(surroundings, list_faults([&](Faults& faults) {
               return check_surroundings(config, PosixFiles(), drop, linted.value(), faults);
             }));
    TRUC_TRY(*submitted, as_submitted(config, drop.bytes, std::move(linted).value()));
  }
  TRUC_TRY(const auto json, ask_hub(config, [&](Hub& hub) { return hub.lint(submitted); }));
  TRUC_TRY(auto list, read_fault_list(json));
  std::erase_if(list.faults,
                [](const Failure& fault) { return fault.code() == ErrorCode::attachment_missing; });
  const auto& own = surroundings.faults;
  list.faults.insert(list.faults.end(), own.begin(), own.end());
  if (surroundings.extent == FaultList::Extent::first) list.extent = FaultList::Extent::first;
  return list;
}

Result<FaultList> lint(const EdgeConfig& config, const LintOptions& options) {
  TRUC_TRY(const auto drop, read_drop(PosixFiles(), options.path));
  if (options.judge == LintOptions::Judge::hub) return ask_for_faults(config, drop);
  return list_faults([&](Faults& faults) { return find_faults(config, drop, faults); });
}

void print(const FaultList& list, Language language) {
  const bool vi = language == Language::vietnamese;
  const bool is_complete = list.extent == FaultList::Extent::complete;
  if (list.faults.empty() && is_complete) fmt::print("{}\n", vi ? "Không có lỗi." : "No faults.");
  std::size_t number = 0;
  for (const auto& fault : list.faults)
    fmt::print("{}. {}\n{}\n\n", ++number, describe(fault.code()).name, to_text(fault, language));
  if (!is_complete)
    fmt::print("{}\n", vi ? "Còn nữa; sửa các lỗi trên rồi kiểm tra lại."
                          : "There are more; mend these and look again.");
}

}  // namespace

int lint_command(const EdgeConfig& config, const LintOptions& options) {
  const auto list = lint(config, options);
  if (!list) return fail(list.error());
  if (options.form == OutputForm::json) {
    fmt::print("{}\n", to_json(list.value()));
  } else {
    print(list.value(), options.language == "en" ? Language::english : Language::vietnamese);
  }
  const bool is_complete = list.value().extent == FaultList::Extent::complete;
  return list.value().faults.empty() && is_complete ? kExitOk : kExitRefused;
}

}  // namespace truc::edge
