#include <fmt/core.h>

#include <cstdio>
#include <thread>

#include "edge-adapter/app/commands.hpp"
#include "edge-adapter/app/exit_status.hpp"
#include "edge-adapter/spool/outbound_item.hpp"
#include "edge-adapter/uplink/hub.hpp"
#include "schemas/base/limits.hpp"
#include "schemas/base/problem.hpp"

namespace truc::edge {
namespace {

constexpr auto kLookEvery = std::chrono::milliseconds(50);
constexpr int kNamesMax = 10'000;

// Is a drop of this name under way? The spool belongs to the adapter's account: who may not read it
// sees none, and the adapter numbers the published name instead.
bool is_in_spool(const Files& files, const EdgeConfig& config, const std::string& name) {
  const auto items = files.list(config.layout().outbound());
  if (!items) return false;
  for (const auto& entry : items.value()) {
    const auto text =
        files.read(config.layout().outbound(entry.name) + "/item.json", limits::kEnvelopeBytesMax);
    if (!text) continue;
    const auto item = parse_outbound_item(text.value());
    if (item && item.value().stem() == name) return true;
  }
  return false;
}

Result<bool> stands_in(const Files& files, const std::string& folder, const std::string& name) {
  for (const char* ending : {"", ".edxml", ".receipt.json", ".refusal.json"}) {
    TRUC_TRY(const auto info, files.find(folder + "/" + name + ending));
    if (info) return true;
  }
  return false;
}

Result<bool> is_whole(const Files& files, const std::string& folder, const std::string& name,
                      const char* answer) {
  TRUC_TRY(const auto answered, files.find(folder + "/" + name + answer));
  if (!answered) return false;
  // The package comes last; before that the adapter is still at it.
  TRUC_TRY(const auto file, files.find(folder + "/" + name + ".edxml"));
  TRUC_TRY(const auto whole, files.find(folder + "/" + name));
  return file.has_value() || whole.has_value();
}

Result<int> print_receipt(const EdgeConfig& config, const Files& files, const std::string& path) {
  TRUC_TRY(const auto text, files.read(path, limits::kEnvelopeBytesMax));
  TRUC_TRY(const auto trust, config.load_trust());
  TRUC_TRY(const auto verified,
           pki::verify_kept_receipt(pki::Receipt(text), *trust, SystemClock().now()));
  const auto& claims = verified.claims();
  fmt::print("accepted {}\ntransfer {}\nby {}\nrecipients {}\nreceipt {}\n",
             to_rfc3339(claims.issued_at), claims.transfer.text(), claims.issuer,
             claims.recipients.size(), path);
  return kExitOk;
}

Result<int> print_refusal(const Files& files, const std::string& path) {
  TRUC_TRY(const auto text, files.read(path, limits::kHttpSmallBodyBytesMax));
  fmt::print(stderr, "{}", text);
  return kExitRefused;
}

// nullopt: neither yet.
Result<std::optional<int>> look(const EdgeConfig& config, const Files& files,
                                const AgencyFolders& folders, const std::string& name) {
  TRUC_TRY(const bool sent, is_whole(files, folders.sent(), name, ".receipt.json"));
  if (sent) {
    TRUC_TRY(const int status,
             print_receipt(config, files, folders.sent() + "/" + name + ".receipt.json"));
    return std::optional(status);
  }
  TRUC_TRY(const bool refused, is_whole(files, folders.refused(), name, ".refusal.json"));
  if (refused) {
    TRUC_TRY(const int status,
             print_refusal(files, folders.refused() + "/" + name + ".refusal.txt"));
    return std::optional(status);
  }
  return std::optional<int>();
}

}  // namespace

int fail(const Failure& failure) {
  fmt::print(stderr, "{}\n\n{}\n", to_text(failure, Language::vietnamese),
             to_text(failure, Language::english));
  if (!failure.detail().empty()) fmt::print(stderr, "  ({})\n", failure.detail());
  if (failure.code() == ErrorCode::usage) return kExitUsage;
  return trouble_of(failure) == Trouble::final ? kExitRefused : kExitUnreachable;
}

Result<const AgencyConfig*> choose_agency(const EdgeConfig& config, const std::string& code) {
  if (code.empty()) {
    if (config.agencies.size() == 1) return &config.agencies.front();
    return Failure(ErrorCode::usage).expected("the agency, as this adapter serves several");
  }
  TRUC_TRY(const auto parsed, AgencyCode::parse(code));
  return config.find(parsed);
}

Result<std::string> free_drop_name(const EdgeConfig& config, const AgencyConfig& agency,
                                   const std::string& wanted) {
  const PosixFiles files;
  const AgencyFolders folders(agency.folder);
  for (int number = 1; number < kNamesMax; ++number) {
    std::string name = wanted;
    if (number > 1) name += "~" + std::to_string(number);
    TRUC_TRY(const bool out, stands_in(files, folders.out(), name));
    TRUC_TRY(const bool sent, stands_in(files, folders.sent(), name));
    TRUC_TRY(const bool refused, stands_in(files, folders.refused(), name));
    if (!out && !sent && !refused && !is_in_spool(files, config, name)) return name;
  }
  return Failure(ErrorCode::file_failed).at(folders.out() + "/" + wanted).expected("a free name");
}

int wait_for_outcome(const EdgeConfig& config, const AgencyConfig& agency, const std::string& name,
                     std::chrono::seconds limit) {
  const PosixFiles files;
  const AgencyFolders folders(agency.folder);
  const auto deadline = std::chrono::steady_clock::now() + limit;
  while (true) {
    const auto outcome = look(config, files, folders, name);
    if (!outcome) return fail(outcome.error());
    if (outcome.value()) return *outcome.value();
    if (std::chrono::steady_clock::now() >= deadline) {
      fmt::print(stderr,
                 "{}: vẫn đang xử lý sau {} giây; bộ chuyển tiếp tục gửi.\n"
                 "{}: still under way after {} seconds; the adapter goes on by itself.\n",
                 name, limit.count(), name, limit.count());
      return kExitUnreachable;
    }
    std::this_thread::sleep_for(kLookEvery);
  }
}

}  // namespace truc::edge
