#include "pki/crypto/certificate.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>

#include <algorithm>
#include <ctime>

#include "pki/crypto/digest.hpp"
#include "pki/crypto/file.hpp"
#include "pki/crypto/handles.hpp"
#include "pki/crypto/openssl_error.hpp"
#include "pki/crypto/prepared.hpp"
#include "pki/crypto/strength.hpp"
#include "pki/crypto/time.hpp"
#include "schemas/base/check.hpp"
#include "schemas/base/limits.hpp"

namespace truc::pki {
namespace {

Failure malformed(std::string_view found) {
  return Failure(ErrorCode::certificate_malformed)
      .expected("one X.509 certificate")
      .found(std::string(found))
      .because(drain_openssl_errors("certificate"));
}

Result<std::string> der_of(X509* certificate) {
  const int size = i2d_X509(certificate, nullptr);
  if (size <= 0) return malformed("a certificate without a DER form");
  std::string der(static_cast<std::size_t>(size), '\0');
  auto* out = reinterpret_cast<unsigned char*>(der.data());
  if (i2d_X509(certificate, &out) != size) return malformed("a certificate without a DER form");
  return der;
}

bool is_graphic(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7f; });
}

// A name with a NUL or a control character in it is read differently by different programs, so
// such a certificate is not read at all.
Result<std::vector<std::string>> uris_of(const X509* certificate) {
  int critical = -1;
  const NamesHandle names(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, &critical, nullptr)));
  std::vector<std::string> uris;
  if (!names) {
    if (critical != -1) return malformed("an alternative name that is repeated or unreadable");
    return uris;
  }
  for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type != GEN_URI) continue;
    const ASN1_IA5STRING* uri = name->d.uniformResourceIdentifier;
    std::string text(reinterpret_cast<const char*>(ASN1_STRING_get0_data(uri)),
                     static_cast<std::size_t>(ASN1_STRING_length(uri)));
    if (!is_graphic(text)) return malformed("a URI with characters that are not graphic");
    uris.push_back(std::move(text));
  }
  return uris;
}

}  // namespace

std::optional<Time> to_time(const ASN1_TIME* time) {
  std::tm calendar{};
  if (time == nullptr || ASN1_TIME_to_tm(time, &calendar) != 1) return std::nullopt;
  return Time{std::chrono::seconds{timegm(&calendar)}};
}

std::string name_text(const X509_NAME* name) {
  const BioHandle memory(BIO_new(BIO_s_mem()));
  TRUC_CHECK(memory, "a memory buffer is a small allocation");
  // UTF-8 as it is, for Vietnamese names; RFC 4514 escapes for everything else.
  X509_NAME_print_ex(memory.get(), name, 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB);
  char* text = nullptr;
  const long size = BIO_get_mem_data(memory.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

struct Certificate::State {
  CertificateHandle native;
  DigestContextHandle prepared;
  std::string der;
  Sha256 fingerprint;
  std::vector<std::string> uris;
  Time not_before;
  Time not_after;

  static Result<std::shared_ptr<const State>> make(CertificateHandle native, std::string der,
                                                   DigestContextHandle prepared = nullptr) {
    if (der.size() > limits::kCertificateBytesMax)
      return malformed(std::to_string(der.size()) + " bytes");
    TRUC_TRY(auto uris, uris_of(native.get()));
    const auto not_before = to_time(X509_get0_notBefore(native.get()));
    const auto not_after = to_time(X509_get0_notAfter(native.get()));
    if (!not_before || !not_after) return malformed("a validity that is not a time");
    const Sha256 fingerprint = sha256(der);
    return std::make_shared<const State>(State{std::move(native), std::move(prepared),
                                               std::move(der), fingerprint, std::move(uris),
                                               *not_before, *not_after});
  }
};

Result<Certificate> Certificate::from_der(std::string_view der) {
  if (der.empty() || der.size() > limits::kCertificateBytesMax)
    return malformed(std::to_string(der.size()) + " bytes");
  const auto* at = reinterpret_cast<const unsigned char*>(der.data());
  CertificateHandle native(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
  if (!native) return malformed("bytes that are no certificate");
  // Also refuses bytes behind the certificate, and BER that is not DER: the fingerprint must be
  // that of the only form.
  TRUC_TRY(std::string canonical, der_of(native.get()));
  if (canonical != der) return malformed("a certificate that is not in DER, or bytes behind it");
  EVP_PKEY* key = X509_get0_pubkey(native.get());
  DigestContextHandle prepared;
  if (const auto kind = require_strong_key(key)) {
    TRUC_TRY(prepared, prepare_verification(key, default_of(kind.value())));
  }
  TRUC_TRY(auto state, State::make(std::move(native), std::move(canonical), std::move(prepared)));
  return Certificate(std::move(state));
}

Result<Certificate> Certificate::from_native(X509* native) {
  TRUC_CHECK(native != nullptr, "the caller holds a certificate");
  TRUC_CHECK(X509_up_ref(native) == 1, "a reference count does not overflow");
  CertificateHandle own(native);
  TRUC_TRY(std::string der, der_of(native));
  TRUC_TRY(auto state, State::make(std::move(own), std::move(der)));
  return Certificate(std::move(state));
}

Result<std::vector<Certificate>> Certificate::load_pem_file(const std::string& path) {
  TRUC_TRY(const std::string text, read_trust_file(path, FileAccess::anyone));
  const BioHandle memory(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  if (!memory) return crypto_failure("BIO_new_mem_buf");
  std::vector<Certificate> certificates;
  ERR_clear_error();
  for (;;) {
    CertificateHandle native(PEM_read_bio_X509(memory.get(), nullptr, nullptr, nullptr));
    if (!native) break;
    TRUC_TRY(std::string der, der_of(native.get()));
    TRUC_TRY(auto state, State::make(std::move(native), std::move(der)));
    certificates.push_back(Certificate(std::move(state)));
  }
  const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  if (!at_end || certificates.empty())
    return malformed(at_end ? "no certificate" : "a broken PEM block").at(path);
  ERR_clear_error();
  return certificates;
}

const std::string& Certificate::der() const {
  return state_->der;
}
const Sha256& Certificate::fingerprint() const {
  return state_->fingerprint;
}
Time Certificate::not_before() const {
  return state_->not_before;
}
Time Certificate::not_after() const {
  return state_->not_after;
}
const std::vector<std::string>& Certificate::uris() const {
  return state_->uris;
}
const EVP_MD_CTX* Certificate::prepared() const {
  return state_->prepared.get();
}

X509* Certificate::native() const {
  return state_->native.get();
}

std::string Certificate::subject() const {
  return name_text(X509_get_subject_name(native()));
}
std::string Certificate::issuer() const {
  return name_text(X509_get_issuer_name(native()));
}

std::string Certificate::serial_hex() const {
  const BigNumberHandle number(ASN1_INTEGER_to_BN(X509_get0_serialNumber(native()), nullptr));
  if (!number) return {};
  const TextHandle text(BN_bn2hex(number.get()));
  return text ? std::string(text.get()) : std::string();
}

}  // namespace truc::pki
