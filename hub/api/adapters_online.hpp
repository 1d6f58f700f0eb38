// Which connected systems have spoken lately, for the operators' page.
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "pki/trust/peer_identity.hpp"
#include "schemas/base/clock.hpp"
#include "schemas/base/ids.hpp"

namespace truc::hub {

struct AdapterPresence {
  SystemId system;
  std::size_t agencies = 0;     // that its certificate names
  std::size_t connections = 0;  // that carry a request now, or did within kPresenceTime
  Time since;
  Time last_request_at;
};

// Any thread. A system is on line while it has a request in flight (a long poll is one) and for
// kPresenceTime afterwards; it is forgotten then.
class AdaptersOnline {
  struct Line;

 public:
  static constexpr std::chrono::seconds kPresenceTime{90};

  explicit AdaptersOnline(const Clock& clock) : clock_(clock) {}

  // One request, from its beginning to the end of the object's life.
  class Visit {
   public:
    ~Visit() { online_.leave(line_); }
    Visit(const Visit&) = delete;
    Visit& operator=(const Visit&) = delete;

   private:
    friend class AdaptersOnline;
    Visit(AdaptersOnline& online, Line& line) : online_(online), line_(line) {}

    AdaptersOnline& online_;
    Line& line_;
  };
  // `peer` names a system.
  Visit visit(const pki::PeerIdentity& peer, const std::string& address);

  std::vector<AdapterPresence> list();

 private:
  // A connection; stays where it is while a request is in flight.
  struct Line {
    std::size_t requests = 0;  // in flight
    Time last;
  };
  struct Presence {
    std::size_t agencies = 0;
    Time since;
    Time last_request_at;
    std::map<std::string, Line> lines;  // by the peer's address
  };
  void leave(Line& line);
  void forget_old(Time now);

  const Clock& clock_;
  std::mutex mutex_;  // a leaf
  std::map<SystemId, Presence> systems_;
  Time forgotten_at_{};
};

}  // namespace truc::hub
