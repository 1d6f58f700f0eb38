#include "pki/channel/tls_context.hpp"

#include <openssl/err.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <utility>
#include <vector>

#include "pki/channel/tls_state.hpp"
#include "schemas/base/limits.hpp"

namespace truc::channel {
namespace {

// TLS 1.2 with ephemeral keys and authenticated encryption only; 1.3 has nothing else.
constexpr auto kCiphers12 = "ECDHE+AESGCM:ECDHE+CHACHA20";
constexpr auto kCiphers13 =
    "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";
constexpr auto kGroups = "X25519:P-256:P-384";
constexpr auto kSignatures =
    "ecdsa_secp256r1_sha256:ecdsa_secp384r1_sha384:rsa_pss_rsae_sha256:rsa_pss_rsae_sha384:"
    "rsa_pss_rsae_sha512:rsa_pss_pss_sha256:rsa_pkcs1_sha256:rsa_pkcs1_sha384:rsa_pkcs1_sha512";

Failure crypto_failure(const char* step) {
  char text[256] = "no reason given";
  if (const unsigned long code = ERR_get_error(); code != 0) {
    ERR_error_string_n(code, text, sizeof text);
  }
  ERR_clear_error();
  return Failure(ErrorCode::crypto_failed).because(std::string(step) + ": " + text);
}

// The alert that the peer gets. OpenSSL derives it from this verdict.
int verdict_of(const Failure& refusal) {
  switch (refusal.code()) {
    case ErrorCode::certificate_revoked:
      return X509_V_ERR_CERT_REVOKED;
    case ErrorCode::certificate_expired:
      return X509_V_ERR_CERT_HAS_EXPIRED;
    case ErrorCode::certificate_untrusted:
      return X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY;
    case ErrorCode::certificate_usage:
      return X509_V_ERR_INVALID_PURPOSE;
    default:
      return X509_V_ERR_CERT_REJECTED;
  }
}

int session_index() {
  static const int index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return index;
}

Result<std::vector<pki::Certificate>> read_chain(const STACK_OF(X509) * presented, X509* leaf) {
  std::vector<pki::Certificate> chain;
  const int count = presented == nullptr ? 0 : sk_X509_num(presented);
  if (count > static_cast<int>(limits::kChainLengthMax)) {
    return Failure(ErrorCode::certificate_untrusted)
        .expected("at most " + std::to_string(limits::kChainLengthMax) + " certificates");
  }
  for (int i = 0; i < count; ++i) {
    X509* native = sk_X509_value(presented, i);
    if (X509_cmp(native, leaf) == 0) continue;
    TRUC_TRY(auto certificate, pki::Certificate::from_native(native));
    chain.push_back(std::move(certificate));
  }
  return chain;
}

Result<void> require_host(X509* leaf, const std::string& host) {
  const int matches = is_address(host)
                          ? X509_check_ip_asc(leaf, host.c_str(), 0)
                          : X509_check_host(leaf, host.c_str(), host.size(),
                                            X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS, nullptr);
  if (matches == 1) return success();
  return Failure(ErrorCode::certificate_identity).expected("a certificate for " + host);
}

// The whole verdict is ours: path, time, usage and revocation by the trust store, then the name.
Result<pki::PeerIdentity> judge(const PeerCheck& check, const pki::TrustStore& trust, X509* leaf,
                                const STACK_OF(X509) * presented) {
  if (leaf == nullptr) return Failure(ErrorCode::identity_required);
  TRUC_TRY(const auto certificate, pki::Certificate::from_native(leaf));
  TRUC_TRY(const auto chain, read_chain(presented, leaf));
  const bool peer_is_client = check.tls->role == TlsRole::server;
  const auto purpose = peer_is_client ? pki::Purpose::tls_client : pki::Purpose::tls_server;
  TRUC_TRY(const auto trusted, trust.check(certificate, chain, purpose, SystemClock().now()));
  TRUC_TRY(auto identity, pki::identify_peer(trusted));
  if (!peer_is_client) {
    TRUC_TRY(require_host(leaf, check.host));
    if (!identity.hub) {
      return Failure(ErrorCode::certificate_identity).expected("a hub").found(identity.text());
    }
  }
  return identity;
}

// Exactly 1 goes on with the handshake (SSL_CTX_set_cert_verify_callback(3)).
int verify_peer(X509_STORE_CTX* context, void*) {
  const int ssl_index = SSL_get_ex_data_X509_STORE_CTX_idx();
  auto* ssl = static_cast<SSL*>(X509_STORE_CTX_get_ex_data(context, ssl_index));
  auto* check = static_cast<PeerCheck*>(SSL_get_ex_data(ssl, session_index()));
  auto identity = judge(*check, *check->tls->trust, X509_STORE_CTX_get0_cert(context),
                        X509_STORE_CTX_get0_untrusted(context));
  if (!identity) {
    X509_STORE_CTX_set_error(context, verdict_of(identity.error()));
    const auto whose = check->tls->role == TlsRole::server ? "client" : "server";
    check->refusal = std::move(identity).error().at(std::string(whose) + " certificate");
    return 0;
  }
  X509_STORE_CTX_set_error(context, X509_V_OK);
  check->identity = std::make_shared<const pki::PeerIdentity>(std::move(identity).value());
  check->judged_by = check->tls->trust;
  return 1;
}

// A key that wants a password is refused; nothing ever asks a terminal.
int no_password(char*, int, int, void*) {
  return -1;
}

Result<void> set_protocol(SSL_CTX* context) {
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_NO_TICKET |
                                   SSL_OP_CIPHER_SERVER_PREFERENCE);
  // Idle connections hold no buffers; a large body leaves record by record.
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_read_ahead(context, 1);  // one system call takes what is there, not only a header
  // No resumption: a resumed session would skip verify_peer, and with it a revocation since then.
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  constexpr long kCertificatesMax =
      static_cast<long>(limits::kChainLengthMax * limits::kCertificateBytesMax);
  SSL_CTX_set_max_cert_list(context, kCertificatesMax);
  if (SSL_CTX_set_num_tickets(context, 0) != 1) return crypto_failure("tickets");
  if (SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) != 1) return crypto_failure("version");
  if (SSL_CTX_set_cipher_list(context, kCiphers12) != 1) return crypto_failure("TLS 1.2 suites");
  if (SSL_CTX_set_ciphersuites(context, kCiphers13) != 1) return crypto_failure("TLS 1.3 suites");
  if (SSL_CTX_set1_groups_list(context, kGroups) != 1) return crypto_failure("groups");
  if (SSL_CTX_set1_sigalgs_list(context, kSignatures) != 1) return crypto_failure("signatures");
  return success();
}

Result<void> set_credential(SSL_CTX* context, const TlsSettings& settings) {
  // Checks strength, file mode and that the two belong together.
  TRUC_TRY(const auto credential, pki::Credential::load(settings.key_path, settings.chain_path));
  if (SSL_CTX_use_certificate(context, credential.certificate().native()) != 1) {
    return crypto_failure("certificate");
  }
  for (std::size_t i = 1; i < credential.chain().size(); ++i) {
    if (SSL_CTX_add1_chain_cert(context, credential.chain()[i].native()) != 1) {
      return crypto_failure("chain");
    }
  }
  SSL_CTX_set_default_passwd_cb(context, no_password);
  if (SSL_CTX_use_PrivateKey_file(context, settings.key_path.c_str(), SSL_FILETYPE_PEM) != 1) {
    ERR_clear_error();
    return Failure(ErrorCode::key_unreadable).at(settings.key_path);
  }
  // The file may have been replaced since it was checked.
  if (SSL_CTX_check_private_key(context) != 1) {
    ERR_clear_error();
    return Failure(ErrorCode::key_mismatch).at(settings.key_path);
  }
  return success();
}

// A client with several certificates chooses by the names of the authorities that we trust.
Result<void> name_authorities(SSL_CTX* context, const pki::TrustStore& trust) {
  for (const auto& anchor : trust.anchors()) {
    if (SSL_CTX_add_client_CA(context, anchor.native()) != 1) return crypto_failure("authorities");
  }
  return success();
}

Result<std::shared_ptr<const TlsContext::State>> make_state(const TlsSettings& settings,
                                                            TlsRole role) {
  auto state = std::make_shared<TlsContext::State>();
  state->trust = settings.trust;
  state->role = role;
  const bool server = role == TlsRole::server;
  state->context.reset(SSL_CTX_new(server ? TLS_server_method() : TLS_client_method()));
  SSL_CTX* context = state->context.get();
  if (context == nullptr) return crypto_failure("context");
  TRUC_TRY(set_protocol(context));
  TRUC_TRY(set_credential(context, settings));
  if (server) {
    TRUC_TRY(name_authorities(context, *settings.trust));
  }
  const int mode = server ? SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT : SSL_VERIFY_PEER;
  SSL_CTX_set_verify(context, mode, nullptr);
  SSL_CTX_set_cert_verify_callback(context, verify_peer, nullptr);
  return std::shared_ptr<const TlsContext::State>(std::move(state));
}

}  // namespace

TlsContext::TlsContext() = default;
TlsContext::~TlsContext() = default;

Result<std::shared_ptr<TlsContext>> TlsContext::make(const TlsSettings& settings, TlsRole role) {
  TRUC_TRY(auto state, make_state(settings, role));
  std::shared_ptr<TlsContext> context(new TlsContext);
  context->state_ = std::move(state);
  return context;
}

Result<void> TlsContext::reload(const TlsSettings& settings) {
  TRUC_TRY(auto state, make_state(settings, current()->role));
  const std::lock_guard lock(mutex_);
  state_.swap(state);
  return success();
}

std::shared_ptr<const TlsContext::State> TlsContext::current() const {
  const std::lock_guard lock(mutex_);
  return state_;
}

Result<SslHandle> new_session(PeerCheck& check) {
  SslHandle ssl(SSL_new(check.tls->context.get()));
  if (ssl == nullptr) return crypto_failure("session");
  if (SSL_set_ex_data(ssl.get(), session_index(), &check) != 1) return crypto_failure("session");
  if (check.tls->role == TlsRole::client && !is_address(check.host)) {
    if (SSL_set_tlsext_host_name(ssl.get(), check.host.c_str()) != 1) {
      return crypto_failure("server name");
    }
  }
  return ssl;
}

Result<void> judge_session(PeerCheck& check, SSL* session,
                           const std::shared_ptr<const pki::TrustStore>& trust) {
  if (check.judged_by == trust) return success();
  TRUC_TRY(
      judge(check, *trust, SSL_get0_peer_certificate(session), SSL_get_peer_cert_chain(session)));
  check.judged_by = trust;
  return success();
}

bool is_address(const std::string& host) {
  const AddressHandle octets(a2i_IPADDRESS(host.c_str()));
  if (octets == nullptr) ERR_clear_error();
  return octets != nullptr;
}

}  // namespace truc::channel
