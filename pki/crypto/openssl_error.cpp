#include "pki/crypto/openssl_error.hpp"

#include <openssl/err.h>

#include <array>

namespace truc::pki {

std::string drain_openssl_errors(std::string_view while_doing) {
  std::string text(while_doing);
  std::array<char, 256> buffer{};
  while (const unsigned long error = ERR_get_error()) {
    ERR_error_string_n(error, buffer.data(), buffer.size());
    text += ": ";
    text += buffer.data();
  }
  return text;
}

Failure crypto_failure(std::string_view while_doing) {
  return Failure(ErrorCode::crypto_failed).because(drain_openssl_errors(while_doing));
}

}  // namespace truc::pki
