#include "hub/api/adapters_online.hpp"

namespace truc::hub {

AdaptersOnline::Visit AdaptersOnline::visit(const pki::PeerIdentity& peer,
                                            const std::string& address) {
  const Time now = clock_.now();
  const std::lock_guard lock(mutex_);
  // So that it stays small also when no operator looks at it.
  if (now - forgotten_at_ > kPresenceTime) forget_old(now);
  auto [entry, is_new] = systems_.try_emplace(*peer.system);
  Presence& presence = entry->second;
  if (is_new) presence.since = now;
  presence.agencies = peer.agencies.size();
  presence.last_request_at = now;
  Line& line = presence.lines[address];
  ++line.requests;
  return Visit(*this, line);
}

void AdaptersOnline::leave(Line& line) {
  const Time now = clock_.now();
  const std::lock_guard lock(mutex_);
  --line.requests;
  line.last = now;
}

void AdaptersOnline::forget_old(Time now) {
  forgotten_at_ = now;
  for (auto& [system, presence] : systems_) {
    std::erase_if(presence.lines, [now](const auto& line) {
      return line.second.requests == 0 && now - line.second.last > kPresenceTime;
    });
  }
  std::erase_if(systems_, [](const auto& system) { return system.second.lines.empty(); });
}

std::vector<AdapterPresence> AdaptersOnline::list() {
  const Time now = clock_.now();
  const std::lock_guard lock(mutex_);
  forget_old(now);
  std::vector<AdapterPresence> adapters;
  for (const auto& [system, presence] : systems_) {
    adapters.push_back(AdapterPresence{system, presence.agencies, presence.lines.size(),
                                       presence.since, presence.last_request_at});
  }
  return adapters;
}

}  // namespace truc::hub
