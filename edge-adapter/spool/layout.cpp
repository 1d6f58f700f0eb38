#include "edge-adapter/spool/layout.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace truc::edge {
namespace {

constexpr const char* kProbeName = ".truc-probe";

Result<void> probe_rename(Files& files, const std::string& from, const std::string& to) {
  const std::string here = from + "/" + kProbeName;
  const std::string there = to + "/" + kProbeName;
  TRUC_TRY(files.create(here, "", Access::own));
  const auto moved = files.replace(here, there);
  TRUC_TRY(files.remove_file(here));
  if (!moved)
    return Failure(ErrorCode::file_failed)
        .at(to)
        .expected("a folder on the file system of " + from)
        .because(moved.error().detail());
  return files.remove_file(there);
}

Result<void> make_parents(Files& files, const std::string& path) {
  TRUC_TRY(const auto info, files.find(path));
  if (info || path == "/" || path == ".") return success();
  TRUC_TRY(make_parents(files, parent_of(path)));
  return make_folder_durably(files, path, Access::group);
}

}  // namespace

Result<void> prepare_folders(Files& files, const SpoolLayout& spool,
                             const FoldersByAgency& agencies) {
  TRUC_TRY(make_parents(files, parent_of(spool.root())));
  TRUC_TRY(make_folder_durably(files, spool.root(), Access::own));
  for (const auto& folder : {spool.outbound(), spool.inbound(), spool.received(),
                             spool.sent_index(), spool.quarantine(), spool.trash()}) {
    TRUC_TRY(make_folder_durably(files, folder, Access::own));
  }

  TRUC_TRY(const auto rubbish, files.list(spool.trash()));
  for (const auto& entry : rubbish) {
    TRUC_TRY(remove_tree(files, spool.trash() + "/" + entry.name));
  }

  for (const auto& [code, agency] : agencies) {
    TRUC_TRY(make_parents(files, agency.base()));
    for (const auto& folder : {agency.out(), agency.sent(), agency.refused(), agency.in()}) {
      TRUC_TRY(make_folder_durably(files, folder, Access::group));
    }
    TRUC_TRY(probe_rename(files, agency.out(), spool.outbound()));
    for (const auto& folder : {agency.sent(), agency.refused(), agency.in()}) {
      TRUC_TRY(probe_rename(files, spool.outbound(), folder));
    }
  }
  // The state is read from what stands there, also from a rename that the last process did not live
  // to sync; what is built on it has to find it again after a power cut.
  return files.sync_file_system(spool.root());
}

Result<std::unique_ptr<SpoolLock>> SpoolLock::take(const SpoolLayout& spool) {
  const int fd = ::open(spool.lock().c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) return Failure(ErrorCode::file_failed).at(spool.lock()).because(std::strerror(errno));
  std::unique_ptr<SpoolLock> lock(new SpoolLock(fd));
  if (::flock(fd, LOCK_EX | LOCK_NB) != 0)
    return Failure(ErrorCode::file_failed)
        .at(spool.lock())
        .expected("no other truc-edge on this spool")
        .because(std::strerror(errno));
  return lock;
}

SpoolLock::~SpoolLock() {
  ::close(fd_);
}

}  // namespace truc::edge
