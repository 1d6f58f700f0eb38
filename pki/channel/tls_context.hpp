// TLS with certificates on both sides; here a connection is an identity.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

#include "pki/crypto/key.hpp"
#include "pki/trust/trust_store.hpp"

namespace truc::channel {

// What one end presents and whom it trusts. Replaced whole at a reload; open connections keep what
// was presented, and a server judges their peers again by the new trust. TLS 1.3, or 1.2 with
// forward secrecy (docs/protocol/http.md).
struct TlsSettings {
  TlsSettings(std::string key, std::string chain, std::shared_ptr<const pki::TrustStore> store)
      : key_path(std::move(key)), chain_path(std::move(chain)), trust(std::move(store)) {}
  std::string key_path;
  std::string chain_path;
  std::shared_ptr<const pki::TrustStore> trust;
};

enum class TlsRole : std::uint8_t { server, client };

// Any thread. OpenSSL and Asio types stay in the source.
class TlsContext {
 public:
  // Failures: key_unreadable, certificate_malformed, key_mismatch, crypto_failed.
  static Result<std::shared_ptr<TlsContext>> make(const TlsSettings& settings, TlsRole role);
  // Later handshakes use `settings`; failure leaves the old ones in force.
  Result<void> reload(const TlsSettings& settings);

  struct State;
  std::shared_ptr<const State> current() const;
  ~TlsContext();

 private:
  TlsContext();
  mutable std::mutex mutex_;  // a leaf: only the pointer is exchanged under it
  std::shared_ptr<const State> state_;
};

}  // namespace truc::channel
