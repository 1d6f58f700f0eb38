// A certificate as it comes in a handshake, a signature or a receipt, and the names bound in it.
#include <algorithm>

#include "pki/trust/bound_names.hpp"
#include "pki/trust/peer_identity.hpp"
#include "schemas/base/check.hpp"
#include "tests/fuzz/golden.hpp"
#include "tests/fuzz/properties.hpp"

namespace {

using namespace truc;

const auto kTrust = fuzz::golden_trust();
const auto kIssuers = fuzz::golden_issuers();
const auto kNow = fuzz::golden_time();
const auto kIssued = fuzz::golden_files("certificate", "issued-");

void require_readable(const pki::Certificate& certificate, std::string_view der) {
  TRUC_CHECK(certificate.der() == der, "a certificate has one form");
  TRUC_CHECK(pki::Certificate::from_der(der).value().uris() == certificate.uris(),
             "a certificate says the same to everyone");
  for (const auto& uri : certificate.uris()) {
    TRUC_CHECK(std::ranges::all_of(uri, [](char c) { return c > 0x20 && c < 0x7f; }),
               "a name hides nothing");
  }
  certificate.subject();
  certificate.issuer();
  certificate.serial_hex();
}

void require_bound_names(const pki::Certificate& certificate) {
  const auto names = pki::read_bound_names(certificate);
  if (!names) return fuzz::require_sound(names.error());
  TRUC_CHECK(names.value().count() <= certificate.uris().size(), "a name stands in one URI");
}

void require_genuine(const pki::Certificate& certificate, pki::Purpose purpose) {
  const auto trusted = kTrust->check(certificate, kIssuers, purpose, kNow);
  if (!trusted) return fuzz::require_sound(trusted.error());
  TRUC_CHECK(std::ranges::find(kIssued, certificate.der()) != kIssued.end(),
             "only what the authority issued is trusted");
  if (const auto peer = pki::identify_peer(trusted.value()); !peer)
    fuzz::require_sound(peer.error());
  if (const auto agency = pki::identify_agency(trusted.value()); !agency)
    fuzz::require_sound(agency.error());
  if (const auto hub = pki::identify_hub(trusted.value()); !hub) fuzz::require_sound(hub.error());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const auto der = fuzz::as_text(bytes, size);
  const auto certificate = pki::Certificate::from_der(der);
  if (!certificate) {
    fuzz::require_sound(certificate.error());
    return 0;
  }
  require_readable(certificate.value(), der);
  require_bound_names(certificate.value());
  for (const auto purpose :
       {pki::Purpose::document_signing, pki::Purpose::tls_client, pki::Purpose::tls_server})
    require_genuine(certificate.value(), purpose);
  return 0;
}
