#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include "edge-adapter/spool/files.hpp"
#include "schemas/base/descriptor.hpp"

namespace truc::edge {
namespace {

// `errno` is read before anything else can change it.
Failure failed(const char* action, const std::string& path) {
  const int error = errno;
  return Failure(ErrorCode::file_failed)
      .at(path)
      .because(std::string(action) + ": " + std::strerror(error));
}

mode_t file_mode(Access access) {
  return access == Access::own ? 0600 : 0640;
}
mode_t folder_mode(Access access) {
  return access == Access::own ? 0700 : 0770;
}

Result<void> write_all(int fd, std::uint64_t offset, std::string_view bytes,
                       const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t written = ::pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return failed("write", path);
    bytes.remove_prefix(static_cast<std::size_t>(written));
    offset += static_cast<std::uint64_t>(written);
  }
  return success();
}

Result<std::string> read_some(int fd, std::uint64_t offset, std::size_t max,
                              const std::string& path) {
  std::string bytes(max, '\0');
  std::size_t got = 0;
  while (got < max) {
    const ssize_t n = ::pread(fd, bytes.data() + got, max - got, static_cast<off_t>(offset + got));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return failed("read", path);
    if (n == 0) break;
    got += static_cast<std::size_t>(n);
  }
  bytes.resize(got);
  return bytes;
}

EntryType type_of(mode_t mode) {
  if (S_ISREG(mode)) return EntryType::file;
  return S_ISDIR(mode) ? EntryType::folder : EntryType::other;
}

// O_NONBLOCK: a named pipe in a drop folder must not hang the one who opens it.
constexpr int kReadFlags = O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK;

}  // namespace

Result<void> PosixFiles::create(const std::string& path, std::string_view bytes, Access access) {
  const Descriptor file(
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!file.is_open()) return failed("create", path);
  // Set apart from open(), so that the mode does not depend on the process's umask.
  if (::fchmod(file.get(), file_mode(access)) != 0) return failed("chmod", path);
  TRUC_TRY(write_all(file.get(), 0, bytes, path));
  if (::fsync(file.get()) != 0) return failed("fsync", path);
  return success();
}

Result<void> PosixFiles::write_at(const std::string& path, std::uint64_t offset,
                                  std::string_view bytes) {
  const Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!file.is_open()) return failed("open", path);
  if (::ftruncate(file.get(), static_cast<off_t>(offset)) != 0) return failed("truncate", path);
  return write_all(file.get(), offset, bytes, path);
}

Result<void> PosixFiles::sync_file(const std::string& path) {
  const Descriptor file(::open(path.c_str(), kReadFlags));
  if (!file.is_open()) return failed("open", path);
  if (::fsync(file.get()) != 0) return failed("fsync", path);
  return success();
}

Result<void> PosixFiles::share(const std::string& path) {
  const Descriptor file(::open(path.c_str(), kReadFlags));
  if (!file.is_open()) return failed("open", path);
  if (::fchmod(file.get(), file_mode(Access::group)) != 0) return failed("chmod", path);
  return success();
}

Result<void> PosixFiles::replace(const std::string& from, const std::string& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) return failed("rename", to);
  return success();
}

Result<Moved> PosixFiles::move(const std::string& from, const std::string& to) {
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0)
    return Moved::moved;
  if (errno == EEXIST) return Moved::target_exists;
  if (errno == ENOENT) {
    TRUC_TRY(const auto source, find(from));
    if (!source) return Moved::source_absent;
    errno = ENOENT;
    return failed("rename", to);
  }
  if (errno != EINVAL) return failed("rename", to);
  // A file system without RENAME_NOREPLACE (NFS). The folders that we move into have one writer,
  // this adapter, so looking first is enough there.
  TRUC_TRY(const auto target, find(to));
  if (target) return Moved::target_exists;
  TRUC_TRY(replace(from, to));
  return Moved::moved;
}

Result<void> PosixFiles::sync_folder(const std::string& path) {
  const Descriptor folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder.is_open()) return failed("open", path);
  if (::fsync(folder.get()) != 0) return failed("fsync", path);
  return success();
}

Result<void> PosixFiles::sync_file_system(const std::string& path) {
  const Descriptor folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder.is_open()) return failed("open", path);
  if (::syncfs(folder.get()) != 0) return failed("syncfs", path);
  return success();
}

Result<void> PosixFiles::make_folder(const std::string& path, Access access) {
  if (::mkdir(path.c_str(), 0700) != 0) {
    if (errno != EEXIST) return failed("mkdir", path);
    TRUC_TRY(const auto info, find(path));
    if (info && info->type == EntryType::folder) return success();
    errno = ENOTDIR;
    return failed("mkdir", path);
  }
  if (::chmod(path.c_str(), folder_mode(access)) != 0) return failed("chmod", path);
  return success();
}

Result<void> PosixFiles::remove_file(const std::string& path) {
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return failed("unlink", path);
  return success();
}

Result<void> PosixFiles::remove_folder(const std::string& path) {
  if (::rmdir(path.c_str()) != 0 && errno != ENOENT) return failed("rmdir", path);
  return success();
}

Result<std::string> PosixFiles::read(const std::string& path, std::size_t max) const {
  const Descriptor file(::open(path.c_str(), kReadFlags));
  if (!file.is_open()) return failed("open", path);
  struct stat info{};
  if (::fstat(file.get(), &info) != 0) return failed("stat", path);
  if (!S_ISREG(info.st_mode)) {
    errno = EISDIR;
    return failed("open", path);
  }
  const auto size = static_cast<std::size_t>(info.st_size);
  if (size > max)
    return Failure(ErrorCode::body_too_large)
        .expected("at most " + std::to_string(max) + " bytes")
        .found(std::to_string(size));
  return read_some(file.get(), 0, size, path);
}

Result<std::string> PosixFiles::read_at(const std::string& path, std::uint64_t offset,
                                        std::size_t max) const {
  const Descriptor file(::open(path.c_str(), kReadFlags));
  if (!file.is_open()) return failed("open", path);
  return read_some(file.get(), offset, max, path);
}

Result<std::optional<FileInfo>> PosixFiles::find(const std::string& path) const {
  struct stat info{};
  if (::lstat(path.c_str(), &info) != 0) {
    if (errno == ENOENT || errno == ENOTDIR) return std::optional<FileInfo>();
    return failed("stat", path);
  }
  const auto since_epoch =
      std::chrono::seconds(info.st_mtim.tv_sec) + std::chrono::nanoseconds(info.st_mtim.tv_nsec);
  const Time modified(std::chrono::duration_cast<std::chrono::milliseconds>(since_epoch));
  return std::optional<FileInfo>(FileInfo{.type = type_of(info.st_mode),
                                          .size = static_cast<std::uint64_t>(info.st_size),
                                          .modified = modified});
}

Result<std::vector<FolderEntry>> PosixFiles::list(const std::string& path) const {
  struct Close {
    void operator()(DIR* folder) const { ::closedir(folder); }
  };
  const std::unique_ptr<DIR, Close> folder(::opendir(path.c_str()));
  if (!folder) return failed("opendir", path);
  std::vector<FolderEntry> entries;
  while (true) {
    errno = 0;
    const dirent* entry = ::readdir(folder.get());
    if (entry == nullptr) {
      if (errno != 0) return failed("readdir", path);
      break;
    }
    std::string name = entry->d_name;
    if (name == "." || name == "..") continue;
    TRUC_TRY(const auto info, find(path + "/" + name));
    if (info) entries.push_back({std::move(name), info->type});  // else gone meanwhile
  }
  std::ranges::sort(entries, {}, &FolderEntry::name);
  return entries;
}

}  // namespace truc::edge
