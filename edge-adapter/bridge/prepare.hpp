// From a dropped thing to the signed bytes that the hub will get; or the reason why not.
#pragma once

#include <string>

#include "edge-adapter/bridge/identities.hpp"
#include "edge-adapter/spool/files.hpp"
#include "edge-adapter/spool/outbound_item.hpp"
#include "pki/signature/verify.hpp"
#include "schemas/base/clock.hpp"
#include "schemas/edxml/envelope.hpp"

namespace truc::edge {

struct Prepared {
  std::string bytes;  // signed; as dropped when it was signed already
  PackageFacts facts;
};

// Any thread; blocking. All that it is made of outlives it.
class Preparer {
 public:
  Preparer(Files& files, const edxml::Rules& rules, const IdentityBook& identities,
           const Clock& clock)
      : files_(files), rules_(rules), identities_(identities), clock_(clock) {}

  // Everything that the hub would refuse for the document's own sake is refused here with the same
  // code: schema, rules, secrecy, signature. `agency` is the drop folder's: From must be it
  // (agency_not_configured). Attachments that travel beside must stand in the folder
  // (beside_missing) as the manifest says (attachment_mismatch), and nothing else
  // (attachment_unlisted). Others: drop_name, body_too_large, file_failed.
  Result<Prepared> prepare(const std::string& drop_path, DropForm form,
                           const AgencyCode& agency) const;
  // Signs when unsigned, else checks the signature that is there.
  Result<pki::SignedEnvelope> sign_or_verify(std::string bytes, const AgencyCode& agency) const;

 private:
  Files& files_;
  const edxml::Rules& rules_;
  const IdentityBook& identities_;
  const Clock& clock_;
};

}  // namespace truc::edge
