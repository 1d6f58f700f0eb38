#include "hub/journal/membership.hpp"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>

#include "pki/crypto/digest.hpp"
#include "schemas/base/limits.hpp"

namespace truc::hub {
namespace {

namespace json = boost::json;

// Equal on every machine and in every version: hubs that differed in it would both serve.
Sha256 rank(std::string_view hub, std::string_view name) {
  std::string text(hub);
  text += '\0';
  text += name;
  return pki::sha256(text);
}

}  // namespace

bool Membership::apply(const MemberChange& change) {
  const auto place = std::ranges::lower_bound(members_, change.hub, {}, &Member::hub);
  const bool is_known = place != members_.end() && place->hub == change.hub;
  if (!change.has_joined) {
    if (!is_known || place->run != change.run) return false;
    members_.erase(place);
    return true;
  }
  Member member{.hub = change.hub, .run = change.run, .address = change.address};
  if (is_known) {
    if (*place == member) return false;
    *place = std::move(member);
    return true;
  }
  if (members_.size() >= limits::kHubsMax) return false;
  members_.insert(place, std::move(member));
  return true;
}

bool Membership::has(std::string_view hub, std::string_view run) const {
  return std::ranges::any_of(
      members_, [&](const Member& member) { return member.hub == hub && member.run == run; });
}

const Member* Membership::owner_of(std::string_view name) const {
  const auto by_rank = [name](const Member& member) { return rank(member.hub, name); };
  const auto owner = std::ranges::max_element(members_, {}, by_rank);
  return owner == members_.end() ? nullptr : &*owner;
}

std::string Membership::to_json() const {
  json::array list;
  for (const auto& member : members_)
    list.push_back({{"hub", member.hub}, {"run", member.run}, {"address", member.address}});
  return json::serialize(list);
}

Result<Membership> Membership::parse(std::string_view text) {
  Membership membership;
  if (text.empty()) return membership;
  const Failure malformed = Failure(ErrorCode::malformed_record).at("journal members");
  boost::system::error_code error;
  const auto value = json::parse(text, error);
  if (error || !value.is_array()) return malformed;
  for (const auto& one : value.get_array()) {
    const auto* object = one.if_object();
    if (object == nullptr) return malformed;
    MemberChange change{.has_joined = true, .hub = {}, .run = {}, .address = {}};
    for (const auto& [name, into] : {std::pair("hub", &change.hub), std::pair("run", &change.run),
                                     std::pair("address", &change.address)}) {
      const auto* part = object->if_contains(name);
      if (part == nullptr || !part->is_string()) return malformed;
      *into = std::string(part->get_string());
    }
    membership.apply(change);
  }
  return membership;
}

}  // namespace truc::hub
