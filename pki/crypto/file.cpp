#include "pki/crypto/file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "schemas/base/descriptor.hpp"

namespace truc::pki {
namespace {

Failure failed(const std::string& path, const char* doing) {
  return Failure(ErrorCode::file_failed)
      .at(path)
      .because(std::string(doing) + ": " + std::strerror(errno));
}

Failure unfit(const std::string& path, std::string expected, std::string found) {
  return Failure(ErrorCode::file_failed)
      .at(path)
      .expected(std::move(expected))
      .found(std::move(found));
}

std::string octal(mode_t mode) {
  char text[16];
  std::snprintf(text, sizeof text, "mode %03o", static_cast<unsigned>(mode & 0777));
  return text;
}

}  // namespace

Result<std::string> read_trust_file(const std::string& path, FileAccess access) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (file.get() < 0) return failed(path, "open");
  struct stat status{};
  if (::fstat(file.get(), &status) != 0) return failed(path, "fstat");
  if (!S_ISREG(status.st_mode)) return unfit(path, "a regular file", "another kind of file");
  if (access == FileAccess::owner_only && (status.st_mode & 077) != 0)
    return unfit(path, "mode 600: readable by its owner only", octal(status.st_mode));
  const auto size = static_cast<std::size_t>(status.st_size);
  if (size > kTrustFileBytesMax)
    return unfit(path, "at most 64 MiB", std::to_string(size) + " bytes");

  std::string bytes(size, '\0');
  for (std::size_t read = 0; read < size;) {
    const ssize_t count = ::read(file.get(), bytes.data() + read, size - read);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return failed(path, "read");
    if (count == 0) return unfit(path, "a file that stays as it is", "one that became shorter");
    read += static_cast<std::size_t>(count);
  }
  return bytes;
}

Result<void> replace_trust_file(const std::string& path, std::string_view bytes) {
  const std::string fresh = path + ".new";
  {
    const Descriptor file(::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
    if (file.get() < 0) return failed(fresh, "open");
    while (!bytes.empty()) {
      const ssize_t count = ::write(file.get(), bytes.data(), bytes.size());
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return failed(fresh, "write");
      bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    if (::fsync(file.get()) != 0) return failed(fresh, "fsync");
  }
  if (::rename(fresh.c_str(), path.c_str()) != 0) return failed(path, "rename");
  return success();
}

}  // namespace truc::pki
