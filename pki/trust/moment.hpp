// When a certificate must have been good, and what a withdrawal means for that moment.
#pragma once

#include "schemas/base/clock.hpp"

namespace truc::pki {

// `at`: when the certificate must have been valid and not revoked. `now`: when that is asked, with
// everything that is known by now. Never `at` after `now`.
struct Moment {
  Moment(Time time) : at(time), now(time) {}  // NOLINT(google-explicit-constructor): the usual case
  Moment(Time then, Time asked) : at(then), now(asked < then ? then : asked) {}
  bool is_now() const { return at == now; }

  Time at;
  Time now;
};

// A certificate's revocation.
struct Withdrawal {
  Time from;
  // The key was in other hands, nobody knows since when: what it signed before counts as little.
  bool key_was_compromised = false;

  // `crl_reason`: RFC 5280 clause 5.3.1; -1 where none is given.
  static Withdrawal make(Time from, long crl_reason) {
    constexpr long kKeyCompromise = 1;
    constexpr long kAuthorityCompromise = 2;
    constexpr long kAttributeAuthorityCompromise = 10;
    return {from, crl_reason == kKeyCompromise || crl_reason == kAuthorityCompromise ||
                      crl_reason == kAttributeAuthorityCompromise};
  }

  bool concerns(Time at) const { return key_was_compromised || from <= at; }
};

}  // namespace truc::pki
