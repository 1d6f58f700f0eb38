// Which hubs serve, as the journal has told it so far, and which of them whom.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "hub/store/entries.hpp"

namespace truc::hub {

struct Member {
  std::string hub;
  std::string run;
  std::string address;
  bool operator==(const Member&) const = default;
};

// A value that follows from the journal alone: at the same entry every hub has the same.
class Membership {
 public:
  // A hub joins anew with another run; only the run that is there leaves. Beyond kHubsMax nobody
  // joins. False when nothing has changed.
  bool apply(const MemberChange& change);

  const std::vector<Member>& members() const { return members_; }  // by hub
  bool has(std::string_view hub, std::string_view run) const;
  // Who serves `name`, a system's or a duty's: by rendezvous hashing, so that a hub that joins or
  // leaves moves its own share only. Null without members.
  const Member* owner_of(std::string_view name) const;

  std::string to_json() const;
  static Result<Membership> parse(std::string_view json);  // empty: nobody; malformed_record
  bool operator==(const Membership&) const = default;

 private:
  std::vector<Member> members_;
};

}  // namespace truc::hub
