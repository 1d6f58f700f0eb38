#include "edge-adapter/spool/files.hpp"

namespace truc::edge {

std::string parent_of(const std::string& path) {
  const auto slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

Result<void> write_durably(Files& files, const std::string& path, std::string_view bytes,
                           Access access) {
  const std::string folder = parent_of(path);
  // Hidden, so that nobody who watches the folder takes it; always the same name, so that a crash
  // leaves at most one, which the next try overwrites.
  const std::string temporary = folder + "/." + path.substr(folder.size() + 1) + ".tmp";
  TRUC_TRY(files.create(temporary, bytes, access));
  TRUC_TRY(files.replace(temporary, path));
  return files.sync_folder(folder);
}

Result<Moved> move_durably(Files& files, const std::string& from, const std::string& to) {
  TRUC_TRY(const Moved moved, files.move(from, to));
  if (moved == Moved::target_exists) return moved;
  // Also when it is gone: a try before may have died, or failed, between the rename and its syncs.
  TRUC_TRY(sync_move(files, from, to));
  return moved;
}

Result<void> sync_move(Files& files, const std::string& from, const std::string& to) {
  // The new place first: after a power cut the thing may stand in both folders' journals, but never
  // in neither.
  TRUC_TRY(files.sync_folder(parent_of(to)));
  return files.sync_folder(parent_of(from));
}

Result<void> remove_tree(Files& files, const std::string& path) {
  TRUC_TRY(const auto info, files.find(path));
  if (!info) return success();
  if (info->type != EntryType::folder) return files.remove_file(path);
  TRUC_TRY(const auto entries, files.list(path));
  for (const auto& entry : entries) {
    TRUC_TRY(remove_tree(files, path + "/" + entry.name));
  }
  return files.remove_folder(path);
}

Result<void> make_folder_durably(Files& files, const std::string& path, Access access) {
  TRUC_TRY(files.make_folder(path, access));
  return files.sync_folder(parent_of(path));
}

}  // namespace truc::edge
