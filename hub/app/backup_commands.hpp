// What can be done with a folder of backups where no hub runs. Results go to standard output, what
// went wrong to standard error.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace truc::hub {

// Exit statuses of both beside main's: 1, a backup is damaged or cannot go there; 3, the folder
// cannot be read or the target not written.
struct VerifyOptions {
  std::string folder;
  std::optional<std::uint32_t> id;  // all
};
int verify_backups(const VerifyOptions& options);

struct RestoreOptions {
  std::string folder;
  std::optional<std::uint32_t> id;  // the newest
  std::string data;
};
int restore_backup(const RestoreOptions& options);

}  // namespace truc::hub
