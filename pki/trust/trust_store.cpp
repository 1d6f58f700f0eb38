#include "pki/trust/trust_store.hpp"

#include <openssl/err.h>

#include <algorithm>

#include "pki/crypto/digest.hpp"
#include "pki/crypto/handles.hpp"
#include "pki/crypto/openssl_error.hpp"
#include "pki/crypto/strength.hpp"
#include "pki/crypto/time.hpp"
#include "pki/trust/aging_cache.hpp"
#include "pki/trust/revocation.hpp"
#include "pki/trust/usage.hpp"
#include "schemas/base/check.hpp"
#include "schemas/base/limits.hpp"

namespace truc::pki {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// A path that was found good, and while nothing that it rests on can have changed: within `from`
// and `until`, both included, all its certificates and the lists that cleared them are valid.
struct Verdict {
  Time from;
  Time until;
  Time revocation_known_at;

  bool speaks_of(Time at) const { return from <= at && at <= until; }
};

// What the callback below needs to know of the check that it is called for.
struct Moment {
  Time at;
  milliseconds grace;
};

// OpenSSL asks here about every fault that it finds. Two of them we judge ourselves: a list that is
// past its nextUpdate is believed for the grace; one that is issued a little in the future, as
// between two clocks, is believed as well.
int judge_fault(int verdict, X509_STORE_CTX* context) {
  if (verdict == 1) return 1;
  const auto* moment = static_cast<const Moment*>(X509_STORE_CTX_get_app_data(context));
  const X509_CRL* list = X509_STORE_CTX_get0_current_crl(context);
  if (list == nullptr) return 0;
  bool believed = false;
  switch (X509_STORE_CTX_get_error(context)) {
    case X509_V_ERR_CRL_HAS_EXPIRED: {
      const auto next_update = to_time(X509_CRL_get0_nextUpdate(list));
      believed = next_update && moment->at <= *next_update + moment->grace;
      break;
    }
    case X509_V_ERR_CRL_NOT_YET_VALID: {
      const auto issued = to_time(X509_CRL_get0_lastUpdate(list));
      believed = issued && *issued - limits::kClockSkewMax <= moment->at;
      break;
    }
    default:
      break;
  }
  if (!believed) return 0;
  X509_STORE_CTX_set_error(context, X509_V_OK);
  return 1;
}

ErrorCode code_of(int fault) {
  switch (fault) {
    case X509_V_ERR_CERT_REVOKED:
      return ErrorCode::certificate_revoked;

    case X509_V_ERR_CERT_HAS_EXPIRED:
    case X509_V_ERR_CERT_NOT_YET_VALID:
    case X509_V_ERR_ERROR_IN_CERT_NOT_BEFORE_FIELD:
    case X509_V_ERR_ERROR_IN_CERT_NOT_AFTER_FIELD:
      return ErrorCode::certificate_expired;

    case X509_V_ERR_UNABLE_TO_GET_CRL:
    case X509_V_ERR_UNABLE_TO_GET_CRL_ISSUER:
    case X509_V_ERR_UNABLE_TO_DECRYPT_CRL_SIGNATURE:
    case X509_V_ERR_CRL_SIGNATURE_FAILURE:
    case X509_V_ERR_CRL_NOT_YET_VALID:
    case X509_V_ERR_CRL_HAS_EXPIRED:
    case X509_V_ERR_ERROR_IN_CRL_LAST_UPDATE_FIELD:
    case X509_V_ERR_ERROR_IN_CRL_NEXT_UPDATE_FIELD:
    case X509_V_ERR_KEYUSAGE_NO_CRL_SIGN:
    case X509_V_ERR_UNHANDLED_CRITICAL_CRL_EXTENSION:
    case X509_V_ERR_DIFFERENT_CRL_SCOPE:
    case X509_V_ERR_CRL_PATH_VALIDATION_ERROR:
      return ErrorCode::revocation_unknown;

    case X509_V_ERR_EE_KEY_TOO_SMALL:
    case X509_V_ERR_CA_KEY_TOO_SMALL:
    case X509_V_ERR_CA_MD_TOO_WEAK:
    case X509_V_ERR_EC_KEY_EXPLICIT_PARAMS:
      return ErrorCode::certificate_weak;

    case X509_V_ERR_INVALID_PURPOSE:
      return ErrorCode::certificate_usage;

    case X509_V_ERR_OUT_OF_MEM:
    case X509_V_ERR_UNSPECIFIED:
    case X509_V_ERR_STORE_LOOKUP:
    case X509_V_ERR_INVALID_CALL:
      return ErrorCode::crypto_failed;

    // An unknown issuer, a broken signature, an authority that may not issue, a name or policy
    // constraint, an unknown critical extension, and whatever a later OpenSSL invents.
    default:
      return ErrorCode::certificate_untrusted;
  }
}

Failure fault_of(X509_STORE_CTX* context) {
  const int fault = X509_STORE_CTX_get_error(context);
  std::string place = "certificate " + std::to_string(X509_STORE_CTX_get_error_depth(context) + 1);
  place += " of the path";
  if (X509* current = X509_STORE_CTX_get_current_cert(context)) {
    if (const auto certificate = Certificate::from_native(current))
      place += ", " + certificate.value().subject();
  }
  return Failure(code_of(fault))
      .at(std::move(place))
      .found(X509_verify_cert_error_string(fault))
      .because(drain_openssl_errors("X509_verify_cert"));
}

Sha256 verdict_key(const Certificate& leaf, const std::vector<Certificate>& presented,
                   Purpose purpose) {
  std::string key(leaf.fingerprint().bytes());
  key.push_back(static_cast<char>(purpose));
  for (const auto& certificate : presented) key += certificate.fingerprint().bytes();
  return sha256(key);
}

Result<void> require_anchor(const Certificate& certificate, const std::string& path) {
  if (X509_self_signed(certificate.native(), 1) != 1 || X509_check_ca(certificate.native()) != 1) {
    return Failure(ErrorCode::certificate_malformed)
        .at(path)
        .expected("a self-signed certificate of an authority")
        .found(certificate.subject())
        .because(drain_openssl_errors("X509_self_signed"));
  }
  if (auto strong = require_strong_certificate(certificate); !strong)
    return Failure(strong.error()).at(path);
  return success();
}

Result<void> require_valid_at(const Certificate& leaf, Time at) {
  const auto second = std::chrono::floor<seconds>(at);  // certificates know no smaller part
  if (leaf.not_before() <= second && second <= leaf.not_after()) return success();
  return Failure(ErrorCode::certificate_expired)
      .at(leaf.subject())
      .expected("a time from " + to_rfc3339(leaf.not_before()) + " to " +
                to_rfc3339(leaf.not_after()))
      .found(to_rfc3339(at));
}

}  // namespace

struct TrustStore::State {
  StoreHandle store;
  std::vector<Certificate> anchors;
  std::vector<RevocationList> lists;
  milliseconds grace{};
  TrustFiles::Revocation revocation = TrustFiles::Revocation::required;
  AgingCache<Verdict> verdicts{limits::kTrustVerdictsMax};
  AgingCache<Certificate> certificates{limits::kTrustCertificatesMax};

  Result<void> load(const TrustFiles& files);
  Result<Verdict> find_path(const Certificate& leaf, const std::vector<Certificate>& presented,
                            Purpose purpose, Time at) const;
  Verdict window_of(const stack_st_X509* path, Time at) const;
  void narrow_to_lists(Verdict& verdict, X509* certificate, Time at) const;
  void keep(const Certificate& leaf, const std::vector<Certificate>& presented);
  void keep(const Certificate& certificate);
};

Result<void> TrustStore::State::load(const TrustFiles& files) {
  store.reset(X509_STORE_new());
  if (!store) return crypto_failure("X509_STORE_new");
  grace = files.revocation_grace;
  revocation = files.revocation;
  for (const auto& path : files.anchor_files) {
    TRUC_TRY(auto loaded, Certificate::load_pem_file(path));
    for (auto& anchor : loaded) {
      TRUC_TRY(require_anchor(anchor, path));
      if (X509_STORE_add_cert(store.get(), anchor.native()) != 1)
        return crypto_failure("X509_STORE_add_cert");
      anchors.push_back(std::move(anchor));
    }
  }
  for (const auto& path : files.crl_files) {
    TRUC_TRY(auto loaded, load_revocation_lists(path));
    for (auto& list : loaded) {
      if (X509_STORE_add_crl(store.get(), list.native.get()) != 1)
        return crypto_failure("X509_STORE_add_crl");
      lists.push_back(std::move(list));
    }
  }
  X509_VERIFY_PARAM* rules = X509_STORE_get0_param(store.get());
  unsigned long flags = X509_V_FLAG_X509_STRICT;
  if (revocation == TrustFiles::Revocation::required)
    flags |= X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL;
  if (X509_VERIFY_PARAM_set_flags(rules, flags) != 1)
    return crypto_failure("X509_VERIFY_PARAM_set_flags");
  X509_VERIFY_PARAM_set_auth_level(rules, 2);  // 112 bits: no SHA-1, no RSA below 2048
  X509_VERIFY_PARAM_set_depth(rules, static_cast<int>(limits::kChainLengthMax) - 1);
  X509_STORE_set_verify_cb(store.get(), judge_fault);
  return success();
}

// OpenSSL has chosen a list for every certificate of the path; which, it does not tell. The newest
// one of the issuer that is in force at `at` is what it prefers.
void TrustStore::State::narrow_to_lists(Verdict& verdict, X509* certificate, Time at) const {
  const RevocationList* newest = nullptr;
  for (const auto& list : lists) {
    if (X509_NAME_cmp(X509_CRL_get_issuer(list.native.get()), X509_get_issuer_name(certificate)))
      continue;
    const Time effective = list.issued - limits::kClockSkewMax;
    if (effective > at) {
      verdict.until = std::min(verdict.until, effective - milliseconds{1});
    } else if (newest == nullptr || newest->issued < list.issued) {
      newest = &list;
    }
  }
  TRUC_CHECK(newest != nullptr, "OpenSSL accepts no certificate without its issuer's list");
  verdict.from = std::max(verdict.from, newest->issued - limits::kClockSkewMax);
  verdict.until = std::min(verdict.until, newest->next_update + grace);
  if (verdict.revocation_known_at == Time{}) verdict.revocation_known_at = newest->issued;
}

Verdict TrustStore::State::window_of(const stack_st_X509* path, Time at) const {
  Verdict verdict{Time::min(), Time::max(), Time{}};
  for (int i = 0; i < sk_X509_num(path); ++i) {
    X509* certificate = sk_X509_value(path, i);
    const auto not_before = to_time(X509_get0_notBefore(certificate));
    const auto not_after = to_time(X509_get0_notAfter(certificate));
    TRUC_CHECK(not_before && not_after, "OpenSSL has compared both times");
    verdict.from = std::max(verdict.from, *not_before);
    verdict.until = std::min(verdict.until, *not_after + milliseconds{999});
    // The first is the leaf's, whose moment of knowledge is what people ask for.
    if (revocation == TrustFiles::Revocation::required) narrow_to_lists(verdict, certificate, at);
  }
  return verdict;
}

Result<Verdict> TrustStore::State::find_path(const Certificate& leaf,
                                             const std::vector<Certificate>& presented,
                                             Purpose purpose, Time at) const {
  const BorrowedStackHandle others(sk_X509_new_null());
  const StoreContextHandle context(X509_STORE_CTX_new());
  if (!others || !context) return crypto_failure("X509_STORE_CTX_new");
  for (const auto& certificate : presented) {
    if (sk_X509_push(others.get(), certificate.native()) <= 0)
      return crypto_failure("sk_X509_push");
  }
  if (X509_STORE_CTX_init(context.get(), store.get(), leaf.native(), others.get()) != 1)
    return crypto_failure("X509_STORE_CTX_init");
  Moment moment{at, grace};
  if (X509_STORE_CTX_set_app_data(context.get(), &moment) != 1)
    return crypto_failure("X509_STORE_CTX_set_app_data");
  X509_STORE_CTX_set_time(context.get(), 0,
                          std::chrono::floor<seconds>(at).time_since_epoch().count());
  ERR_clear_error();
  const int verdict = X509_verify_cert(context.get());
  if (verdict < 0) return crypto_failure("X509_verify_cert");
  if (verdict != 1) return fault_of(context.get());
  const auto* path = X509_STORE_CTX_get0_chain(context.get());
  TRUC_CHECK(path != nullptr && sk_X509_num(path) > 0, "a good verdict comes with its path");
  TRUC_TRY(require_usage(path, purpose));
  return window_of(path, at);
}

void TrustStore::State::keep(const Certificate& leaf, const std::vector<Certificate>& presented) {
  keep(leaf);
  for (const auto& certificate : presented) keep(certificate);
}

void TrustStore::State::keep(const Certificate& certificate) {
  if (certificate.der().size() > limits::kTrustCertificateBytesMax) return;
  if (!certificates.find(certificate.fingerprint()))
    certificates.remember(certificate.fingerprint(), certificate);
}

Result<std::shared_ptr<const TrustStore>> TrustStore::load(const TrustFiles& files) {
  auto state = std::make_unique<State>();
  TRUC_TRY(state->load(files));
  if (state->anchors.empty()) {
    return Failure(ErrorCode::certificate_malformed)
        .expected("at least one trust anchor")
        .found("none");
  }
  return std::shared_ptr<const TrustStore>(new TrustStore(std::move(state)));
}

Result<TrustedCertificate> TrustStore::check(const Certificate& leaf,
                                             const std::vector<Certificate>& presented,
                                             Purpose purpose, Time at) const {
  if (presented.size() > limits::kChainLengthMax) {
    return Failure(ErrorCode::certificate_untrusted)
        .expected("at most " + std::to_string(limits::kChainLengthMax) + " certificates")
        .found(std::to_string(presented.size()));
  }
  const Sha256 key = verdict_key(leaf, presented, purpose);
  const auto known = state_->verdicts.find(key);
  if (known && known->speaks_of(at)) {
    state_->keep(leaf, presented);
    return TrustedCertificate(leaf, purpose, known->revocation_known_at);
  }
  // Before anything is computed with their keys: a key of 16,384 bits is there to cost time.
  TRUC_TRY(require_strong_certificate(leaf));
  for (const auto& certificate : presented) {
    TRUC_TRY(require_strong_certificate(certificate));
  }
  TRUC_TRY(require_valid_at(leaf, at));
  TRUC_TRY(const Verdict verdict, state_->find_path(leaf, presented, purpose, at));
  state_->verdicts.remember(key, verdict);
  state_->keep(leaf, presented);
  return TrustedCertificate(leaf, purpose, verdict.revocation_known_at);
}

Result<Certificate> TrustStore::read_certificate(std::string_view der) const {
  if (der.size() <= limits::kTrustCertificateBytesMax) {
    if (auto known = state_->certificates.find(sha256(der))) return std::move(*known);
  }
  return Certificate::from_der(der);
}

const std::vector<Certificate>& TrustStore::anchors() const {
  return state_->anchors;
}

TrustStore::TrustStore(std::unique_ptr<State> state) : state_(std::move(state)) {}
TrustStore::~TrustStore() = default;

}  // namespace truc::pki
