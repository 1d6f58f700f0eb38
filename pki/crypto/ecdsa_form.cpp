#include "pki/crypto/ecdsa_form.hpp"

#include "pki/crypto/handles.hpp"
#include "pki/crypto/openssl_error.hpp"
#include "schemas/base/check.hpp"

namespace truc::pki {
namespace {

BIGNUM* number_from(std::string_view octets) {
  return BN_bin2bn(reinterpret_cast<const unsigned char*>(octets.data()),
                   static_cast<int>(octets.size()), nullptr);
}

}  // namespace

std::size_t ecdsa_width(KeyKind kind) {
  TRUC_CHECK(kind != KeyKind::rsa, "only a curve has a width");
  return kind == KeyKind::p256 ? 32 : 48;
}

Result<std::string> ecdsa_der_to_raw(std::string_view der, std::size_t width) {
  const auto* at = reinterpret_cast<const unsigned char*>(der.data());
  const EcdsaSignatureHandle signature(d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size())));
  if (!signature) return crypto_failure("d2i_ECDSA_SIG");
  std::string raw(2 * width, '\0');
  auto* out = reinterpret_cast<unsigned char*>(raw.data());
  const int number_width = static_cast<int>(width);
  if (BN_bn2binpad(ECDSA_SIG_get0_r(signature.get()), out, number_width) != number_width ||
      BN_bn2binpad(ECDSA_SIG_get0_s(signature.get()), out + width, number_width) != number_width)
    return crypto_failure("BN_bn2binpad");
  return raw;
}

Result<std::string> ecdsa_raw_to_der(std::string_view raw, std::size_t width) {
  if (raw.size() != 2 * width) {
    return Failure(ErrorCode::signature_invalid)
        .expected(std::to_string(2 * width) + " octets of r and s")
        .found(std::to_string(raw.size()) + " octets");
  }
  const EcdsaSignatureHandle signature(ECDSA_SIG_new());
  BigNumberHandle r(number_from(raw.substr(0, width)));
  BigNumberHandle s(number_from(raw.substr(width)));
  if (!signature || !r || !s) return crypto_failure("ECDSA_SIG_new");
  if (ECDSA_SIG_set0(signature.get(), r.get(), s.get()) != 1)
    return crypto_failure("ECDSA_SIG_set0");
  static_cast<void>(r.release());  // set0 took both
  static_cast<void>(s.release());
  unsigned char* octets = nullptr;
  const int size = i2d_ECDSA_SIG(signature.get(), &octets);
  const OctetsHandle owner(octets);
  if (size <= 0) return crypto_failure("i2d_ECDSA_SIG");
  return std::string(reinterpret_cast<const char*>(octets), static_cast<std::size_t>(size));
}

}  // namespace truc::pki
