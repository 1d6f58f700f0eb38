#include "pki/trust/revocation.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>

#include "pki/crypto/file.hpp"
#include "pki/crypto/openssl_error.hpp"
#include "pki/crypto/strength.hpp"
#include "pki/crypto/time.hpp"

namespace truc::pki {
namespace {

Failure malformed(const std::string& path, std::string found) {
  return Failure(ErrorCode::certificate_malformed)
      .at(path)
      .expected("a revocation list in PEM or DER")
      .found(std::move(found))
      .because(drain_openssl_errors("revocation list"));
}

Result<RevocationList> as_list(CrlHandle native, const std::string& path) {
  if (const auto strong = require_strong_list(native.get()); !strong)
    return Failure(strong.error()).at(path);
  const auto issued = to_time(X509_CRL_get0_lastUpdate(native.get()));
  const auto next_update = to_time(X509_CRL_get0_nextUpdate(native.get()));
  if (!issued || !next_update) return malformed(path, "a list without thisUpdate and nextUpdate");
  return RevocationList{std::move(native), *issued, *next_update};
}

Result<RevocationList> from_der(const std::string& der, const std::string& path) {
  const auto* at = reinterpret_cast<const unsigned char*>(der.data());
  const auto* const end = at + der.size();
  CrlHandle native(d2i_X509_CRL(nullptr, &at, static_cast<long>(der.size())));
  if (!native) return malformed(path, "bytes that are no list");
  if (at != end) return malformed(path, "bytes behind the list");
  return as_list(std::move(native), path);
}

}  // namespace

Result<std::vector<RevocationList>> load_revocation_lists(const std::string& path) {
  TRUC_TRY(const std::string bytes, read_trust_file(path, FileAccess::anyone));
  std::vector<RevocationList> lists;
  if (bytes.find("-----BEGIN") == std::string::npos) {
    TRUC_TRY(auto list, from_der(bytes, path));
    lists.push_back(std::move(list));
    return lists;
  }
  const BioHandle memory(BIO_new_mem_buf(bytes.data(), static_cast<int>(bytes.size())));
  if (!memory) return crypto_failure("BIO_new_mem_buf");
  ERR_clear_error();
  while (CrlHandle native{PEM_read_bio_X509_CRL(memory.get(), nullptr, nullptr, nullptr)}) {
    TRUC_TRY(auto list, as_list(std::move(native), path));
    lists.push_back(std::move(list));
  }
  const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  if (!at_end || lists.empty()) return malformed(path, at_end ? "no list" : "a broken PEM block");
  ERR_clear_error();
  return lists;
}

}  // namespace truc::pki
