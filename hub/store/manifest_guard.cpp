#include "hub/store/manifest_guard.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <charconv>
#include <cstdint>
#include <fstream>
#include <optional>
#include <string>

namespace truc::hub {
namespace {

constexpr std::string_view kManifest = "MANIFEST-";
constexpr const char* kNoted = "MANIFEST.seen";

// "MANIFEST-000055", and how long it is.
struct Standing {
  std::uint64_t number = 0;
  std::uint64_t size = 0;
};

template <class Number>
bool read_number(std::string_view text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

std::string first_line(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

std::string name_of(std::uint64_t number) {
  std::string digits = std::to_string(number);
  if (digits.size() < 6) digits.insert(0, 6 - digits.size(), '0');
  return std::string(kManifest) + digits;
}

// The manifest that CURRENT names, by its number.
std::optional<std::uint64_t> current(const std::filesystem::path& store) {
  const auto line = first_line(store / "CURRENT");
  std::uint64_t number = 0;
  const bool is_name = line.starts_with(kManifest) &&
                       read_number(std::string_view(line).substr(kManifest.size()), number);
  return is_name ? std::optional(number) : std::nullopt;
}

std::optional<Standing> noted(const std::filesystem::path& store) {
  const auto line = first_line(store / kNoted);
  const auto space = line.find(' ');
  Standing standing;
  const bool is_whole = space != std::string::npos &&
                        read_number(std::string_view(line).substr(0, space), standing.number) &&
                        read_number(std::string_view(line).substr(space + 1), standing.size);
  return is_whole ? std::optional(standing) : std::nullopt;
}

class File {
 public:
  File(const std::filesystem::path& path, int flags) : fd_(::open(path.c_str(), flags, 0600)) {}
  ~File() {
    if (fd_ >= 0) ::close(fd_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  // Its size, once all of that is on the disk.
  std::optional<std::uint64_t> synced_size() const {
    struct stat info{};
    if (fd_ < 0 || ::fstat(fd_, &info) != 0 || ::fsync(fd_) != 0) return std::nullopt;
    return static_cast<std::uint64_t>(info.st_size);
  }
  bool write_synced(const std::string& text) const {
    const auto written = fd_ < 0 ? -1 : ::write(fd_, text.data(), text.size());
    return written == static_cast<ssize_t>(text.size()) && ::fsync(fd_) == 0;
  }

 private:
  int fd_;
};

}  // namespace

Result<void> ManifestGuard::check() const {
  const auto wanted = noted(store_);
  const auto number = current(store_);
  if (!wanted || !number) return success();  // what RocksDB makes of CURRENT is its own to say
  const auto path = store_ / name_of(*number);
  std::error_code error;
  const std::uint64_t size = std::filesystem::file_size(path, error);
  const bool is_short = *number == wanted->number && (error || size < wanted->size);
  if (!is_short && *number >= wanted->number) return success();
  return Failure(ErrorCode::storage_corrupt)
      .at(path.string())
      .expected(name_of(wanted->number) + " of " + std::to_string(wanted->size) +
                " bytes or more, or a later one")
      .found(error ? error.message() : std::to_string(size) + " bytes");
}

void ManifestGuard::note() {
  const std::lock_guard lock(mutex_);
  const auto number = current(store_);
  if (!number) return;
  const auto size = File(store_ / name_of(*number), O_RDONLY | O_CLOEXEC).synced_size();
  if (!size) return;
  const auto next = store_ / (std::string(kNoted) + ".dbtmp");
  const std::string text = std::to_string(*number) + " " + std::to_string(*size) + "\n";
  std::error_code ignored;
  if (File(next, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC).write_synced(text)) {
    std::filesystem::rename(next, store_ / kNoted, ignored);
  } else {
    std::filesystem::remove(next, ignored);
  }
}

}  // namespace truc::hub
