#include "hub/directory/directory.hpp"

#include <algorithm>

#include "hub/directory/fold.hpp"
#include "schemas/base/limits.hpp"

namespace truc::hub {
namespace {

std::vector<std::string> words_of(std::string_view folded) {
  std::vector<std::string> words;
  for (std::size_t from = 0; from < folded.size();) {
    const auto end = std::min(folded.find(' ', from), folded.size());
    if (end > from) words.emplace_back(folded.substr(from, end - from));
    from = end + 1;
  }
  return words;
}

std::string joined(const std::vector<AgencyCode>& codes) {
  std::string text;
  for (const AgencyCode& code : codes) text += (text.empty() ? "" : ", ") + code.text();
  return text;
}

}  // namespace

std::chrono::sys_days vietnam_day(Time time) {
  return std::chrono::floor<std::chrono::days>(time + std::chrono::hours{7});
}

AgencyState state_of(const Agency& agency, std::chrono::sys_days day) {
  if (agency.closed && day >= *agency.closed) return AgencyState::closed;
  if (agency.opened && day < *agency.opened) return AgencyState::not_yet_open;
  return AgencyState::active;
}

const Agency* Directory::find(const AgencyCode& code) const {
  const auto found = positions_.find(code.text());
  return found == positions_.end() ? nullptr : &agencies_[found->second];
}

bool Directory::knows(const SystemId& system) const {
  return systems_.contains(system.text());
}

Result<const Agency*> Directory::resolve(const AgencyCode& code, std::chrono::sys_days day) const {
  const Agency* agency = find(code);
  if (agency == nullptr) return Failure(ErrorCode::recipient_unknown).found(code.text());
  for (std::size_t step = 0; step <= limits::kSuccessionsMax; ++step) {
    switch (state_of(*agency, day)) {
      case AgencyState::active:
        return agency;
      case AgencyState::not_yet_open:
        return Failure(ErrorCode::recipient_unknown)
            .expected("an agency that is open already")
            .found(agency->code.text());
      case AgencyState::closed:
        break;
    }
    if (agency->successors.size() != 1) {
      return Failure(ErrorCode::recipient_closed)
          .expected(agency->successors.empty() ? "no successor is registered"
                                               : joined(agency->successors))
          .found(agency->code.text());
    }
    agency = find(agency->successors.front());
    TRUC_CHECK(agency != nullptr, "the loader refuses successors that are not registered");
  }
  TRUC_CHECK(false, "the loader refuses successions longer than kSuccessionsMax");
}

AgencyPage Directory::search(const AgencySearch& search) const {
  const auto words = words_of(fold(search.text));
  const std::size_t max = std::min(search.max, limits::kDirectoryPageMax);
  const auto begin =
      std::ranges::upper_bound(agencies_, search.after, {},
                               [](const Agency& a) -> const std::string& { return a.code.text(); });
  AgencyPage page;
  for (auto agency = begin; agency != agencies_.end(); ++agency) {
    if (search.level && agency->level != *search.level) continue;
    const auto position = static_cast<std::size_t>(agency - agencies_.begin());
    const auto text =
        std::string_view(search_text_)
            .substr(search_begin_[position], search_begin_[position + 1] - search_begin_[position]);
    const bool matches = std::ranges::all_of(
        words, [text](const std::string& word) { return text.find(word) != text.npos; });
    if (!matches) continue;
    if (page.agencies.size() == max) {
      if (max > 0) page.next = page.agencies.back()->code.text();
      break;
    }
    page.agencies.push_back(&*agency);
  }
  return page;
}

}  // namespace truc::hub
