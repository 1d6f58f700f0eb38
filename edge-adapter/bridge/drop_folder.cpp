#include "edge-adapter/bridge/drop_folder.hpp"

#include <algorithm>
#include <tuple>

namespace truc::edge {
namespace {

struct Candidate {
  Drop drop;
  Time changed;
};

DropForm form_of(DropVerdict verdict) {
  switch (verdict) {
    case DropVerdict::package:
      return DropForm::package;
    case DropVerdict::folder:
      return DropForm::folder;
    case DropVerdict::misnamed:
    case DropVerdict::untouched:
      break;
  }
  return DropForm::misnamed;
}

// The latest change of a thing, or of what lies in it. nullopt: it is gone.
Result<std::optional<Time>> last_change(const Files& files, const std::string& path) {
  TRUC_TRY(const auto info, files.find(path));
  if (!info) return std::optional<Time>();
  Time latest = info->modified;
  if (info->type != EntryType::folder) return std::optional(latest);
  const auto entries = files.list(path);
  if (!entries) return std::optional(latest);  // unreadable, or gone: the claim will tell
  for (const auto& entry : entries.value()) {
    TRUC_TRY(const auto inside, files.find(path + "/" + entry.name));
    if (inside) latest = std::max(latest, inside->modified);
  }
  return std::optional(latest);
}

}  // namespace

Result<std::vector<Drop>> find_drops(const Files& files, const std::string& out,
                                     const std::set<std::string>& finished, Time now,
                                     std::size_t max) {
  TRUC_TRY(const auto entries, files.list(out));
  std::vector<Candidate> candidates;
  for (const auto& entry : entries) {
    const DropVerdict verdict = classify_drop(entry.name, entry.type);
    if (verdict == DropVerdict::untouched) continue;
    TRUC_TRY(const auto changed, last_change(files, out + "/" + entry.name));
    if (!changed) continue;
    // A change in the future is a clock that was set back, not a writer at work.
    const bool settled = *changed > now || now - *changed >= kSettledAfter;
    if (!finished.contains(entry.name) && !settled) continue;
    candidates.push_back({{entry.name, form_of(verdict)}, *changed});
  }
  // By name among those of one time, so that the order is the same on every look.
  std::ranges::sort(candidates, {}, [](const Candidate& candidate) {
    return std::tie(candidate.changed, candidate.drop.name);
  });
  std::vector<Drop> drops;
  for (auto& candidate : candidates) {
    if (drops.size() == max) break;
    drops.push_back(std::move(candidate.drop));
  }
  return drops;
}

}  // namespace truc::edge
