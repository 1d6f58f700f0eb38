#include "pki/trust/revocation.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>

#include "pki/crypto/file.hpp"
#include "pki/crypto/openssl_error.hpp"
#include "pki/crypto/strength.hpp"
#include "pki/crypto/time.hpp"

namespace truc::pki {
namespace {

Failure malformed(std::string found) {
  return Failure(ErrorCode::certificate_malformed)
      .expected("a revocation list in PEM or DER")
      .found(std::move(found))
      .because(drain_openssl_errors("revocation list"));
}

Result<RevocationList> as_list(CrlHandle native) {
  TRUC_TRY(require_strong_list(native.get()));
  const auto issued = to_time(X509_CRL_get0_lastUpdate(native.get()));
  const auto next_update = to_time(X509_CRL_get0_nextUpdate(native.get()));
  if (!issued || !next_update) return malformed("a list without thisUpdate and nextUpdate");
  return RevocationList{std::move(native), *issued, *next_update};
}

Result<RevocationList> from_der(const std::string& der) {
  const auto* at = reinterpret_cast<const unsigned char*>(der.data());
  const auto* const end = at + der.size();
  CrlHandle native(d2i_X509_CRL(nullptr, &at, static_cast<long>(der.size())));
  if (!native) return malformed("bytes that are no list");
  if (at != end) return malformed("bytes behind the list");
  return as_list(std::move(native));
}

}  // namespace

Result<std::vector<RevocationList>> read_revocation_lists(const std::string& bytes) {
  std::vector<RevocationList> lists;
  if (bytes.find("-----BEGIN") == std::string::npos) {
    TRUC_TRY(auto list, from_der(bytes));
    lists.push_back(std::move(list));
    return lists;
  }
  const BioHandle memory(BIO_new_mem_buf(bytes.data(), static_cast<int>(bytes.size())));
  if (!memory) return crypto_failure("BIO_new_mem_buf");
  ERR_clear_error();
  while (CrlHandle native{PEM_read_bio_X509_CRL(memory.get(), nullptr, nullptr, nullptr)}) {
    TRUC_TRY(auto list, as_list(std::move(native)));
    lists.push_back(std::move(list));
  }
  const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  if (!at_end || lists.empty()) return malformed(at_end ? "no list" : "a broken PEM block");
  ERR_clear_error();
  return lists;
}

Result<std::vector<RevocationList>> load_revocation_lists(const std::string& path) {
  TRUC_TRY(const std::string bytes, read_trust_file(path, FileAccess::anyone));
  auto lists = read_revocation_lists(bytes);
  if (!lists) return std::move(lists).error().at(path);
  return lists;
}

Result<void> require_issued_by(const RevocationList& list, const Certificate& issuer) {
  const X509* native = issuer.native();
  const bool same_name =
      X509_NAME_cmp(X509_CRL_get_issuer(list.native.get()), X509_get_subject_name(native)) == 0;
  if (same_name && X509_CRL_verify(list.native.get(), X509_get0_pubkey(native)) == 1)
    return success();
  return Failure(ErrorCode::certificate_untrusted)
      .expected("a revocation list of " + issuer.subject())
      .found(same_name ? "a signature that does not hold" : "a list of another authority")
      .because(drain_openssl_errors("X509_CRL_verify"));
}

}  // namespace truc::pki
