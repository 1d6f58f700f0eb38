// What a TLS handshake needs of a TlsContext: the OpenSSL context and the verdict on the peer.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "pki/channel/handles.hpp"
#include "pki/channel/tls_context.hpp"
#include "pki/trust/peer_identity.hpp"

namespace truc::channel {

struct TlsContext::State {
  SslContextHandle context;
  std::shared_ptr<const pki::TrustStore> trust;
  TlsRole role = TlsRole::server;
};

// The verdict of one handshake. Filled by the certificate callback; until then, and after a
// refusal, there is no identity.
struct PeerCheck {
  std::shared_ptr<const TlsContext::State> tls;
  std::shared_ptr<const pki::TrustStore> judged_by;  // null before the handshake
  std::string host;  // client: the name or address that the server's certificate must carry
  std::shared_ptr<const pki::PeerIdentity> identity;
  std::optional<Failure> refusal;
};

// `check` stays where it is and outlives the session. Failure: crypto_failed.
Result<SslHandle> new_session(PeerCheck& check);

// The verdict again, on a session whose handshake is over, by `trust`; nothing is done when that
// has judged it. Failures: the certificates' codes.
Result<void> judge_session(PeerCheck& check, SSL* session,
                           const std::shared_ptr<const pki::TrustStore>& trust);

// Whether the host is an address rather than a name.
bool is_address(const std::string& host);

}  // namespace truc::channel
