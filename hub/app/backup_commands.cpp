#include "hub/app/backup_commands.hpp"

#include <algorithm>
#include <iostream>
#include <vector>

#include "hub/store/backup_folder.hpp"
#include "schemas/base/problem.hpp"

namespace truc::hub {
namespace {

constexpr int kDone = 0;
constexpr int kRefused = 1;
constexpr int kFailed = 3;

int complain(const Failure& failure) {
  std::cerr << "truc-hub: " << to_log_line(failure) << '\n';
  switch (failure.code()) {
    case ErrorCode::backup_damaged:
    case ErrorCode::backup_unknown:
    case ErrorCode::target_not_empty:
    case ErrorCode::store_version:
      return kRefused;
    default:
      return kFailed;
  }
}

void print(const Backup& backup, std::string_view verdict) {
  std::cout << "backup " << backup.id << "  " << to_rfc3339(backup.at) << "  hub " << backup.hub
            << "  " << backup.bytes << " bytes  " << verdict << std::endl;
}

Result<std::vector<std::uint32_t>> chosen(const VerifyOptions& options) {
  if (options.id) return std::vector{*options.id};
  TRUC_TRY(auto found, find_backups(options.folder));
  std::vector<std::uint32_t> ids = std::move(found.damaged);
  for (const Backup& backup : found.whole) ids.push_back(backup.id);
  if (ids.empty()) {
    return Failure(ErrorCode::backup_unknown).at(options.folder).expected("backups of a hub");
  }
  std::ranges::sort(ids);
  return ids;
}

}  // namespace

int verify_backups(const VerifyOptions& options) {
  const auto ids = chosen(options);
  if (!ids) return complain(ids.error());
  int status = kDone;
  for (const std::uint32_t id : ids.value()) {
    const auto backup = verify_backup(options.folder, id);
    if (backup) {
      print(backup.value(), "good");
    } else {
      status = std::max(status, complain(backup.error()));
    }
  }
  return status;
}

int restore_backup(const RestoreOptions& options) {
  const auto backup = restore_backup(options.folder, options.id, options.data);
  if (!backup) return complain(backup.error());
  print(backup.value(), "restored");
  return kDone;
}

}  // namespace truc::hub
