// The national agency directory: who exists, on which level, behind which system, and who succeeds
// whom from which day on.
//
// Read from a JSON Lines file, one agency a line (README.md). Old and new codes, closures and
// successions are data of that file; nothing about them is computed from a code's digits.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <boost/unordered/unordered_flat_set.hpp>

#include <chrono>
#include <cstdint>
#include <iosfwd>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "hub/ports/snapshot.hpp"
#include "schemas/base/ids.hpp"

namespace truc::hub {

struct Agency {
  AgencyCode code;                      // the registered one
  std::vector<AgencyCode> other_codes;  // earlier or later codes of the same agency
  std::string name;
  std::optional<AgencyCode> parent;
  Level level;
  SystemId system;                              // the connected system that serves it
  std::optional<std::chrono::sys_days> opened;  // exists from this day on
  std::optional<std::chrono::sys_days> closed;  // exists no more from this day on
  std::vector<AgencyCode> successors;           // registered codes; only with `closed`
};

// The calendar day in Vietnam: what openings and closures are counted by.
std::chrono::sys_days vietnam_day(Time time);

enum class AgencyState : std::uint8_t { not_yet_open, active, closed };
AgencyState state_of(const Agency& agency, std::chrono::sys_days day);

struct AgencySearch {
  std::string text;  // every word stands in the code or the name, without regard to
                     // case and Vietnamese diacritics; empty: all
  std::optional<Level> level;
  std::string after;    // registered code that the page begins behind; empty: the first
  std::size_t max = 0;  // at most kDirectoryPageMax are returned, whatever is asked
};

struct AgencyPage {
  std::vector<const Agency*> agencies;  // by code; valid while the Directory lives
  std::string next;                     // `after` of the next page; empty at the end
};

// An immutable snapshot; any thread.
class Directory {
 public:
  // Failures: file_failed; directory_malformed with "file:line" as its place.
  static Result<std::shared_ptr<const Directory>> load(const std::string& path);
  static Result<std::shared_ptr<const Directory>> read(std::istream& lines,
                                                       const std::string& source);

  // By registered or other code; null when there is none.
  const Agency* find(const AgencyCode& code) const;

  // Whether any agency, open or closed, is registered under the system.
  bool knows(const SystemId& system) const;

  // Who receives on `day` what is addressed to `code`: the agency itself while it is open, else its
  // single successor, and so on (at most kSuccessionsMax steps). Failures: recipient_unknown;
  // recipient_closed with the successors to choose from.
  Result<const Agency*> resolve(const AgencyCode& code, std::chrono::sys_days day) const;

  AgencyPage search(const AgencySearch& search) const;
  std::size_t size() const { return agencies_.size(); }

 private:
  friend class DirectoryBuilder;
  Directory() = default;

  std::vector<Agency> agencies_;  // by code
  // Of registered and other codes, and of systems; the texts are those of agencies_.
  boost::unordered_flat_map<std::string_view, std::uint32_t> positions_;
  boost::unordered_flat_set<std::string_view> systems_;
  std::string search_text_;  // "code name" of each agency, folded, one after another
  std::vector<std::uint32_t> search_begin_;  // positions in it, one more than agencies
};

using DirectorySnapshot = Snapshot<Directory>;

}  // namespace truc::hub
