// A TLS client that says exactly what a test writes, and shows exactly what comes back. Blocking.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "tests/support/test_pki.hpp"

namespace truc::channel {

class RawClient {
 public:
  // Connects over TCP only.
  explicit RawClient(std::uint16_t port, const char* from = "127.0.0.1");
  ~RawClient();

  // Whether the handshake ended well on this side (TLS 1.3: before the server has judged us).
  // Without `credential` no certificate is shown.
  bool handshake(const std::optional<testing::CredentialPaths>& credential, int version_max = 0,
                 const char* ciphers = nullptr);
  void send(std::string_view bytes);
  // One answer: up to the end of what Content-Length says. Empty when the connection ended first.
  std::string read_answer();
  // Head only, up to the empty line.
  std::string read_head();
  // Everything up to the connection's end.
  std::string read_rest();
  // The last TLS error as text: the server's alert.
  const std::string& error() const { return error_; }
  const char* version() const;
  bool compresses() const;
  bool may_send_early() const;
  // Whether the server agreed to shake hands again (TLS 1.2).
  bool renegotiate();
  // Octets before or without a handshake.
  void send_plain(std::string_view bytes);
  bool resumable() const;

  void half_close();  // FIN without a TLS farewell
  void reset();       // RST

 private:
  bool read_more();
  struct State;
  std::unique_ptr<State> state_;
  std::string input_;
  std::string error_;
};

}  // namespace truc::channel
