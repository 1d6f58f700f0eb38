#include "pki/trust/usage.hpp"

#include <openssl/objects.h>

#include "pki/crypto/handles.hpp"
#include "schemas/base/check.hpp"

namespace truc::pki {
namespace {

enum class ExtendedUsage : std::uint8_t { absent, unreadable, without_it, with_it };

const ASN1_OBJECT* purpose_object(Purpose purpose) {
  // RFC 9336; OpenSSL 3.0 has no name of its own for it.
  static const ObjectHandle kDocumentSigning(OBJ_txt2obj("1.3.6.1.5.5.7.3.36", 1));
  switch (purpose) {
    case Purpose::document_signing:
      return kDocumentSigning.get();
    case Purpose::tls_client:
      return OBJ_nid2obj(NID_client_auth);
    case Purpose::tls_server:
      return OBJ_nid2obj(NID_server_auth);
    case Purpose::unstated:
      break;
  }
  TRUC_CHECK(false, "an unstated purpose asks for no usage");
  return nullptr;
}

const char* purpose_text(Purpose purpose) {
  switch (purpose) {
    case Purpose::document_signing:
      return "extended key usage documentSigning (1.3.6.1.5.5.7.3.36)";
    case Purpose::tls_client:
      return "extended key usage clientAuth";
    case Purpose::tls_server:
      return "extended key usage serverAuth";
    case Purpose::unstated:
      break;
  }
  TRUC_CHECK(false, "an unstated purpose asks for no usage");
  return nullptr;
}

ExtendedUsage extended_usage(const X509* certificate, Purpose purpose) {
  int critical = -1;
  const ExtendedUsageHandle usages(static_cast<EXTENDED_KEY_USAGE*>(
      X509_get_ext_d2i(certificate, NID_ext_key_usage, &critical, nullptr)));
  if (!usages) return critical == -1 ? ExtendedUsage::absent : ExtendedUsage::unreadable;
  const ASN1_OBJECT* wanted = purpose_object(purpose);
  for (int i = 0; i < sk_ASN1_OBJECT_num(usages.get()); ++i) {
    if (OBJ_cmp(sk_ASN1_OBJECT_value(usages.get(), i), wanted) == 0) return ExtendedUsage::with_it;
  }
  return ExtendedUsage::without_it;
}

Failure wrong_usage(std::string expected, std::string found) {
  return Failure(ErrorCode::certificate_usage)
      .expected(std::move(expected))
      .found(std::move(found));
}

}  // namespace

Result<void> require_usage(const stack_st_X509* path, Purpose purpose) {
  if (purpose == Purpose::unstated) return success();
  X509* leaf = sk_X509_value(path, 0);
  constexpr std::uint32_t kSigns = KU_DIGITAL_SIGNATURE | KU_NON_REPUDIATION;
  const std::uint32_t wanted = purpose == Purpose::document_signing ? kSigns : KU_DIGITAL_SIGNATURE;
  const std::uint32_t usage = X509_get_key_usage(leaf);
  if (usage == UINT32_MAX || (usage & wanted) == 0)
    return wrong_usage("key usage digitalSignature", "none that lets it sign");
  if (extended_usage(leaf, purpose) != ExtendedUsage::with_it)
    return wrong_usage(purpose_text(purpose), "a certificate issued for something else");

  for (int i = 1; i + 1 < sk_X509_num(path); ++i) {
    const ExtendedUsage authority = extended_usage(sk_X509_value(path, i), purpose);
    if (authority != ExtendedUsage::absent && authority != ExtendedUsage::with_it)
      return wrong_usage(purpose_text(purpose), "an issuing authority limited to something else");
  }
  return success();
}

}  // namespace truc::pki
