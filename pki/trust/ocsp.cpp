#include "pki/trust/ocsp.hpp"

#include <openssl/ocsp.h>

#include "pki/crypto/handles.hpp"
#include "pki/crypto/openssl_error.hpp"
#include "pki/crypto/strength.hpp"
#include "pki/crypto/time.hpp"
#include "schemas/base/limits.hpp"

namespace truc::pki {
namespace {

using ResponseHandle = Handle<OCSP_RESPONSE, OCSP_RESPONSE_free>;
using BasicHandle = Handle<OCSP_BASICRESP, OCSP_BASICRESP_free>;
using RequestHandle = Handle<OCSP_REQUEST, OCSP_REQUEST_free>;
using CertificateIdHandle = Handle<OCSP_CERTID, OCSP_CERTID_free>;

Failure malformed(std::string found) {
  return Failure(ErrorCode::certificate_malformed)
      .expected("an OCSP response in DER")
      .found(std::move(found))
      .because(drain_openssl_errors("OCSP response"));
}

Failure untrusted(std::string found) {
  return Failure(ErrorCode::certificate_untrusted)
      .expected("an OCSP response of the authority, or of a responder that it appointed")
      .found(std::move(found))
      .because(drain_openssl_errors("OCSP_basic_verify"));
}

Failure unknown(std::string found) {
  return Failure(ErrorCode::revocation_unknown)
      .expected("the certificate's status")
      .found(std::move(found));
}

Result<CertificateIdHandle> read_id(const std::string& der) {
  const auto* at = reinterpret_cast<const unsigned char*>(der.data());
  CertificateIdHandle id(d2i_OCSP_CERTID(nullptr, &at, static_cast<long>(der.size())));
  if (!id) return malformed("a certificate identifier that cannot be read");
  return id;
}

Result<BasicHandle> read_basic(std::string_view der) {
  const auto* at = reinterpret_cast<const unsigned char*>(der.data());
  const auto* const end = at + der.size();
  const ResponseHandle response(d2i_OCSP_RESPONSE(nullptr, &at, static_cast<long>(der.size())));
  if (!response) return malformed("bytes that are no response");
  if (at != end) return malformed("bytes behind the response");
  const int status = OCSP_response_status(response.get());
  if (status != OCSP_RESPONSE_STATUS_SUCCESSFUL) return unknown(OCSP_response_status_str(status));
  BasicHandle basic(OCSP_response_get1_basic(response.get()));
  if (!basic) return malformed("a response of another kind than basic");
  return basic;
}

// OpenSSL checks path and OCSPSigning; what is strong enough, and that nobody has to ask about the
// responder itself, is checked here.
Result<void> require_fit_responder(OCSP_BASICRESP* basic, const Certificate& issuer,
                                   STACK_OF(X509) * trusted) {
  X509* native = nullptr;
  if (OCSP_resp_get0_signer(basic, &native, trusted) != 1) return untrusted("an unknown signer");
  TRUC_TRY(const auto signer, Certificate::from_native(native));
  TRUC_TRY(require_strong_certificate(signer));
  const ASN1_OBJECT* algorithm = nullptr;
  X509_ALGOR_get0(&algorithm, nullptr, nullptr, OCSP_resp_get0_tbs_sigalg(basic));
  TRUC_TRY(require_strong_algorithm(OBJ_obj2nid(algorithm)));
  if (signer.fingerprint() == issuer.fingerprint()) return success();
  if (X509_get_ext_by_NID(native, NID_id_pkix_OCSP_noCheck, -1) < 0)
    return untrusted("a responder's certificate without id-pkix-ocsp-nocheck");
  return success();
}

Result<void> require_signed_by(OCSP_BASICRESP* basic, const Certificate& issuer) {
  const StoreHandle store(X509_STORE_new());
  const BorrowedStackHandle trusted(sk_X509_new_null());
  if (!store || !trusted || sk_X509_push(trusted.get(), issuer.native()) <= 0 ||
      X509_STORE_add_cert(store.get(), issuer.native()) != 1 ||
      X509_STORE_set_flags(store.get(), X509_V_FLAG_PARTIAL_CHAIN) != 1)
    return crypto_failure("X509_STORE_new");
  TRUC_TRY(require_fit_responder(basic, issuer, trusted.get()));
  if (OCSP_basic_verify(basic, trusted.get(), store.get(), 0) != 1)
    return untrusted("a signature or a path that does not hold");
  return success();
}

}  // namespace

Result<OcspQuestion> OcspQuestion::make(const Certificate& subject, const Certificate& issuer) {
  const CertificateIdHandle id(OCSP_cert_to_id(nullptr, subject.native(), issuer.native()));
  if (!id) return crypto_failure("OCSP_cert_to_id");
  unsigned char* octets = nullptr;
  const int size = i2d_OCSP_CERTID(id.get(), &octets);
  const OctetsHandle owner(octets);
  if (size <= 0) return crypto_failure("i2d_OCSP_CERTID");
  return OcspQuestion(
      std::string(reinterpret_cast<const char*>(octets), static_cast<std::size_t>(size)));
}

Result<OcspQuestion> OcspQuestion::read(const std::string& certificate_id) {
  TRUC_TRY(read_id(certificate_id));
  return OcspQuestion(certificate_id);
}

Result<std::string> OcspQuestion::request() const {
  const RequestHandle request(OCSP_REQUEST_new());
  TRUC_TRY(auto id, read_id(certificate_id_));
  if (!request || OCSP_request_add0_id(request.get(), id.get()) == nullptr)
    return crypto_failure("OCSP_request_add0_id");
  static_cast<void>(id.release());  // the request's now
  unsigned char* octets = nullptr;
  const int size = i2d_OCSP_REQUEST(request.get(), &octets);
  const OctetsHandle owner(octets);
  if (size <= 0) return crypto_failure("i2d_OCSP_REQUEST");
  return std::string(reinterpret_cast<const char*>(octets), static_cast<std::size_t>(size));
}

Result<OcspAnswer> read_ocsp_response(std::string_view der, const OcspQuestion& question,
                                      const Certificate& issuer, Time now) {
  TRUC_TRY(const auto basic, read_basic(der));
  TRUC_TRY(require_signed_by(basic.get(), issuer));
  TRUC_TRY(const auto id, read_id(question.certificate_id()));
  int status = V_OCSP_CERTSTATUS_UNKNOWN;
  int reason = OCSP_REVOKED_STATUS_NOSTATUS;
  ASN1_GENERALIZEDTIME* revoked = nullptr;
  ASN1_GENERALIZEDTIME* this_update = nullptr;
  ASN1_GENERALIZEDTIME* next_update = nullptr;
  if (OCSP_resp_find_status(basic.get(), id.get(), &status, &reason, &revoked, &this_update,
                            &next_update) != 1)
    return unknown("a response about other certificates");
  if (status == V_OCSP_CERTSTATUS_UNKNOWN) return unknown("\"unknown\", from the responder");
  const auto issued = to_time(this_update);
  if (!issued) return malformed("no thisUpdate");
  const auto next = next_update == nullptr ? *issued + limits::kOcspAgeMax : to_time(next_update);
  if (!next) return malformed("a nextUpdate that is no time");
  if (*issued > now + limits::kClockSkewMax || *next + limits::kClockSkewMax < now) {
    return Failure(ErrorCode::revocation_unknown)
        .expected("a response for " + to_rfc3339(now))
        .found("one from " + to_rfc3339(*issued) + " to " + to_rfc3339(*next));
  }
  OcspAnswer answer{*issued, *next, std::nullopt};
  if (status == V_OCSP_CERTSTATUS_REVOKED) {
    const auto from = to_time(revoked);
    if (!from) return malformed("a revocation without its time");
    answer.withdrawal = Withdrawal::make(*from, reason);
  }
  return answer;
}

}  // namespace truc::pki
