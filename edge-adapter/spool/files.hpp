// The adapter's only way to change the file system: few operations, each whole or not at all.
//
// A crash may come between any two of them, so everything durable in the adapter is an order of
// these operations, and the tests stop a process at each one of them in turn.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "schemas/base/clock.hpp"
#include "schemas/base/result.hpp"

namespace truc::edge {

enum class EntryType : std::uint8_t { file, folder, other };

struct FolderEntry {
  std::string name;
  EntryType type;
};

struct FileInfo {
  EntryType type;
  std::uint64_t size;
  Time modified;
};

// Who may read what we make: only the adapter's account (the spool), or its group, too (in/,
// sent/…, which the document system reads and takes away).
enum class Access : std::uint8_t { own, group };

enum class Moved : std::uint8_t { moved, target_exists, source_absent };

// Interface; any thread. No operation follows a symbolic link in the last part of a path. Failure
// of each: file_failed with the path.
class Files {
 public:
  virtual ~Files() = default;

  // A new or emptied file with these bytes, which are on the disk when it returns; its name is so
  // only after sync_folder.
  virtual Result<void> create(const std::string& path, std::string_view bytes, Access access) = 0;
  // Writes at `offset`, making the file when absent and cutting off what stood behind.
  virtual Result<void> write_at(const std::string& path, std::uint64_t offset,
                                std::string_view bytes) = 0;
  virtual Result<void> sync_file(const std::string& path) = 0;
  // Gives an own file the access of the group.
  virtual Result<void> share(const std::string& path) = 0;
  // Replaces a file at `to`.
  virtual Result<void> replace(const std::string& from, const std::string& to) = 0;
  // Never replaces anything.
  virtual Result<Moved> move(const std::string& from, const std::string& to) = 0;
  virtual Result<void> sync_folder(const std::string& path) = 0;
  // Everything that was done on the file system of this folder, by whomever.
  virtual Result<void> sync_file_system(const std::string& folder) = 0;
  // An existing folder is success.
  virtual Result<void> make_folder(const std::string& path, Access access) = 0;
  // An absent one is success.
  virtual Result<void> remove_file(const std::string& path) = 0;
  virtual Result<void> remove_folder(const std::string& path) = 0;

  // A file longer than `max` fails with body_too_large.
  virtual Result<std::string> read(const std::string& path, std::size_t max) const = 0;
  // Up to `max` bytes; fewer only at the end.
  virtual Result<std::string> read_at(const std::string& path, std::uint64_t offset,
                                      std::size_t max) const = 0;
  virtual Result<std::optional<FileInfo>> find(const std::string& path) const = 0;
  virtual Result<std::vector<FolderEntry>> list(const std::string& path) const = 0;
};

class PosixFiles final : public Files {
 public:
  Result<void> create(const std::string& path, std::string_view bytes, Access access) override;
  Result<void> write_at(const std::string& path, std::uint64_t offset,
                        std::string_view bytes) override;
  Result<void> sync_file(const std::string& path) override;
  Result<void> share(const std::string& path) override;
  Result<void> replace(const std::string& from, const std::string& to) override;
  Result<Moved> move(const std::string& from, const std::string& to) override;
  Result<void> sync_folder(const std::string& path) override;
  Result<void> sync_file_system(const std::string& folder) override;
  Result<void> make_folder(const std::string& path, Access access) override;
  Result<void> remove_file(const std::string& path) override;
  Result<void> remove_folder(const std::string& path) override;
  Result<std::string> read(const std::string& path, std::size_t max) const override;
  Result<std::string> read_at(const std::string& path, std::uint64_t offset,
                              std::size_t max) const override;
  Result<std::optional<FileInfo>> find(const std::string& path) const override;
  Result<std::vector<FolderEntry>> list(const std::string& path) const override;
};

// The file is there, whole and durable, or as it was before: hidden temporary file, sync, rename,
// sync of the folder.
Result<void> write_durably(Files& files, const std::string& path, std::string_view bytes,
                           Access access);
// Moves between folders; durable in both unless it returns `target_exists`.
Result<Moved> move_durably(Files& files, const std::string& from, const std::string& to);
// Makes a move durable that was done before.
Result<void> sync_move(Files& files, const std::string& from, const std::string& to);
// A folder with all that is in it, or a file; absent is success. Not atomic.
Result<void> remove_tree(Files& files, const std::string& path);
// A folder, durable in the one above.
Result<void> make_folder_durably(Files& files, const std::string& path, Access access);

std::string parent_of(const std::string& path);

}  // namespace truc::edge
