// For whom a connection may act: what its certificate names and the directory confirms.
#pragma once

#include <chrono>
#include <vector>

#include "hub/directory/directory.hpp"
#include "pki/trust/peer_identity.hpp"

namespace truc::hub {

// A peer acts for an agency when its certificate names one of the agency's codes and the directory
// registers the agency under the certificate's system. It acts for a closed agency, too, when it
// acts for the single successor that receives in its place: documents that were on their way at the
// closure still arrive.
//
// Made for one request, from one snapshot of the directory.
class Representation {
 public:
  Representation(const pki::PeerIdentity& peer, const Directory& directory,
                 std::chrono::sys_days day)
      : peer_(peer), directory_(directory), day_(day) {}

  bool acts_for(const AgencyCode& code) const;
  // The agency that answers for `code` today: itself or its successor; null when this peer does not
  // act for it.
  const Agency* agency_for(const AgencyCode& code) const;
  // Every code, registered or other, of the agencies that the certificate names and the directory
  // confirms. Without closed predecessors: their mailboxes are asked for by name.
  std::vector<AgencyCode> codes() const;

  // The certificate names one of the agency's codes and the directory its system.
  bool is_confirmed(const Agency& agency) const;

 private:
  const pki::PeerIdentity& peer_;
  const Directory& directory_;
  std::chrono::sys_days day_;
};

// All codes under which the agency of `code` may stand in stored records.
std::vector<AgencyCode> all_codes(const Directory& directory, const AgencyCode& code);

}  // namespace truc::hub
