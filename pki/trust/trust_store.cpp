#include "pki/trust/trust_store.hpp"

#include <openssl/err.h>

#include <algorithm>
#include <map>

#include "pki/crypto/digest.hpp"
#include "pki/crypto/handles.hpp"
#include "pki/crypto/openssl_error.hpp"
#include "pki/crypto/strength.hpp"
#include "pki/crypto/time.hpp"
#include "pki/trust/aging_cache.hpp"
#include "pki/trust/online_revocation.hpp"
#include "pki/trust/revocation.hpp"
#include "pki/trust/usage.hpp"
#include "schemas/base/check.hpp"
#include "schemas/base/limits.hpp"

namespace truc::pki {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// A path that was found good, and while nothing that it rests on can have changed.
struct Verdict {
  Time valid_from;  // of the last certificate to begin
  Time known_from;  // of the last list or answer
  Time until;       // included: all certificates are valid and all knowledge is believed
  Time revocation_known_at;

  bool speaks_of(Moment moment) const {
    return valid_from <= moment.at && known_from <= moment.now && moment.now <= until;
  }
};

// What the callback below needs to know of the check that it is called for, and what it leaves to
// be done after it.
struct Judgement {
  Moment moment;
  milliseconds grace;
  bool may_ask_responder;
  std::uint32_t without_list = 0;  // bit: place of a certificate in the path
};
static_assert(limits::kChainLengthMax < 32);

bool was_valid(const X509* certificate, Time at) {
  const auto from = to_time(X509_get0_notBefore(certificate));
  const auto until = to_time(X509_get0_notAfter(certificate));
  return from && until && *from <= at && at < *until + seconds{1};  // the last second counts whole
}

std::optional<Withdrawal> withdrawal_of(X509_CRL* list, X509* certificate) {
  X509_REVOKED* entry = nullptr;
  if (X509_CRL_get0_by_cert(list, &entry, certificate) != 1) return std::nullopt;
  const auto from = to_time(X509_REVOKED_get0_revocationDate(entry));
  if (!from) return std::nullopt;
  int critical = -1;
  const EnumeratedHandle reason(static_cast<ASN1_ENUMERATED*>(
      X509_REVOKED_get_ext_d2i(entry, NID_crl_reason, &critical, nullptr)));
  if (!reason && critical != -1) return std::nullopt;
  return Withdrawal::make(*from, reason ? ASN1_ENUMERATED_get(reason.get()) : CRL_REASON_NONE);
}

bool believe_late_list(Judgement& judgement, const X509_CRL* list, std::uint32_t place) {
  const auto next_update = to_time(X509_CRL_get0_nextUpdate(list));
  if (next_update && judgement.moment.at <= *next_update + judgement.grace) return true;
  judgement.without_list |= place;
  return judgement.may_ask_responder;
}

bool believe_early_list(const Judgement& judgement, const X509_CRL* list) {
  const auto issued = to_time(X509_CRL_get0_lastUpdate(list));
  return issued && *issued - limits::kClockSkewMax <= judgement.moment.now;
}

bool is_no_matter(Judgement& judgement, X509_STORE_CTX* context) {
  X509_CRL* list = X509_STORE_CTX_get0_current_crl(context);
  X509* certificate = X509_STORE_CTX_get_current_cert(context);
  const auto place = std::uint32_t{1} << X509_STORE_CTX_get_error_depth(context);
  switch (X509_STORE_CTX_get_error(context)) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return !judgement.moment.is_now() && was_valid(certificate, judgement.moment.at);
    case X509_V_ERR_UNABLE_TO_GET_CRL:
      judgement.without_list |= place;
      return judgement.may_ask_responder;
    case X509_V_ERR_CRL_HAS_EXPIRED:
      return list != nullptr && believe_late_list(judgement, list, place);
    case X509_V_ERR_CRL_NOT_YET_VALID:
      return list != nullptr && believe_early_list(judgement, list);
    case X509_V_ERR_CERT_REVOKED: {
      if (list == nullptr || judgement.moment.is_now()) return false;
      const auto withdrawal = withdrawal_of(list, certificate);
      return withdrawal && !withdrawal->concerns(judgement.moment.at);
    }
    default:
      return false;
  }
}

// OpenSSL asks here about every fault that it finds, at `now`. Some we judge ourselves: a list that
// is past its nextUpdate is believed for the grace; one that is issued a little in the future, as
// between two clocks, is believed as well; a missing list can be replaced by a responder's answer,
// which is looked at when the path holds; and what has ended since the moment asked for.
int judge_fault(int verdict, X509_STORE_CTX* context) {
  if (verdict == 1) return 1;
  auto* judgement = static_cast<Judgement*>(X509_STORE_CTX_get_app_data(context));
  if (!is_no_matter(*judgement, context)) return 0;
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
    case X509_V_ERR_NO_EXPLICIT_POLICY:
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
  if (was_valid(leaf.native(), at)) return success();
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
  std::shared_ptr<OnlineRevocation> online;
  milliseconds grace{};
  TrustFiles::Revocation revocation = TrustFiles::Revocation::required;
  AgingCache<Verdict> verdicts{limits::kTrustVerdictsMax};
  AgingCache<Certificate> certificates{limits::kTrustCertificatesMax};

  Result<void> load(const TrustFiles& files);
  Result<void> load_anchors(const std::vector<std::string>& paths);
  Result<void> load_lists(const std::vector<std::string>& paths);
  Result<void> set_rules(const std::vector<std::string>& policies);
  Result<Verdict> find_path(const Certificate& leaf, const std::vector<Certificate>& presented,
                            Purpose purpose, Moment moment) const;
  Result<Verdict> window_of(const stack_st_X509* path, const Judgement& judgement) const;
  const RevocationList* newest_list(Verdict& verdict, X509* certificate, Time now) const;
  Result<std::optional<OcspAnswer>> answer_for(const stack_st_X509* path, int place,
                                               const Judgement& judgement) const;
  void narrow(Verdict& verdict, Time issued, Time next_update) const;
  void keep(const Certificate& leaf, const std::vector<Certificate>& presented);
  void keep(const Certificate& certificate);
};

Result<void> TrustStore::State::load(const TrustFiles& files) {
  store.reset(X509_STORE_new());
  if (!store) return crypto_failure("X509_STORE_new");
  grace = files.revocation_grace;
  revocation = files.revocation;
  online = files.online;
  TRUC_TRY(load_anchors(files.anchor_files));
  TRUC_TRY(load_lists(files.crl_files));
  if (online) {
    TRUC_TRY(load_lists(online->list_files()));
  }
  return set_rules(files.policies);
}

Result<void> TrustStore::State::load_anchors(const std::vector<std::string>& paths) {
  for (const auto& path : paths) {
    TRUC_TRY(auto loaded, Certificate::load_pem_file(path));
    for (auto& anchor : loaded) {
      TRUC_TRY(require_anchor(anchor, path));
      if (X509_STORE_add_cert(store.get(), anchor.native()) != 1)
        return crypto_failure("X509_STORE_add_cert");
      anchors.push_back(std::move(anchor));
    }
  }
  return success();
}

Result<void> TrustStore::State::load_lists(const std::vector<std::string>& paths) {
  for (const auto& path : paths) {
    TRUC_TRY(auto loaded, load_revocation_lists(path));
    for (auto& list : loaded) {
      if (X509_STORE_add_crl(store.get(), list.native.get()) != 1)
        return crypto_failure("X509_STORE_add_crl");
      lists.push_back(std::move(list));
    }
  }
  return success();
}

Result<void> TrustStore::State::set_rules(const std::vector<std::string>& policies) {
  X509_VERIFY_PARAM* rules = X509_STORE_get0_param(store.get());
  unsigned long flags = X509_V_FLAG_X509_STRICT | X509_V_FLAG_POLICY_CHECK;
  if (revocation == TrustFiles::Revocation::required)
    flags |= X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL | X509_V_FLAG_EXTENDED_CRL_SUPPORT |
             X509_V_FLAG_USE_DELTAS;
  if (!policies.empty()) flags |= X509_V_FLAG_EXPLICIT_POLICY;
  if (X509_VERIFY_PARAM_set_flags(rules, flags) != 1)
    return crypto_failure("X509_VERIFY_PARAM_set_flags");
  for (const auto& policy : policies) {
    ObjectHandle object(OBJ_txt2obj(policy.c_str(), 1));
    if (!object) {
      return Failure(ErrorCode::malformed_config)
          .at("trust.policies")
          .expected("an object identifier in dotted form")
          .found(policy);
    }
    if (X509_VERIFY_PARAM_add0_policy(rules, object.get()) != 1)
      return crypto_failure("X509_VERIFY_PARAM_add0_policy");
    static_cast<void>(object.release());  // the rules' now
  }
  X509_VERIFY_PARAM_set_auth_level(rules, 2);  // 112 bits: no SHA-1, no RSA below 2048
  X509_VERIFY_PARAM_set_depth(rules, static_cast<int>(limits::kChainLengthMax) - 1);
  X509_STORE_set_verify_cb(store.get(), judge_fault);
  return success();
}

// OpenSSL has chosen a list for the certificate; which, it does not tell. The newest one of the
// issuer that is in force is what it prefers. One that is still to come ends the verdict.
const RevocationList* TrustStore::State::newest_list(Verdict& verdict, X509* certificate,
                                                     Time now) const {
  const RevocationList* newest = nullptr;
  for (const auto& list : lists) {
    if (X509_NAME_cmp(X509_CRL_get_issuer(list.native.get()), X509_get_issuer_name(certificate)))
      continue;
    const Time effective = list.issued - limits::kClockSkewMax;
    if (effective > now) {
      verdict.until = std::min(verdict.until, effective - milliseconds{1});
    } else if (newest == nullptr || newest->issued < list.issued) {
      newest = &list;
    }
  }
  return newest;
}

// What the responder of the issuer says of the certificate at `place`: nothing, when it is not
// known or no longer believed. Failure: certificate_revoked.
Result<std::optional<OcspAnswer>> TrustStore::State::answer_for(const stack_st_X509* path,
                                                                int place,
                                                                const Judgement& judgement) const {
  const std::optional<OcspAnswer> none;
  if (!online || place + 1 >= sk_X509_num(path)) return none;
  TRUC_TRY(const auto subject, Certificate::from_native(sk_X509_value(path, place)));
  TRUC_TRY(const auto issuer, Certificate::from_native(sk_X509_value(path, place + 1)));
  auto answer = online->find(subject, issuer, judgement.moment.now);
  if (!answer) return none;
  if (answer->withdrawal && answer->withdrawal->concerns(judgement.moment.at)) {
    return Failure(ErrorCode::certificate_revoked)
        .at("certificate " + std::to_string(place + 1) + " of the path, " + subject.subject())
        .found("revoked on " + to_rfc3339(answer->withdrawal->from));
  }
  const bool is_believed = judgement.moment.at <= answer->next_update + judgement.grace;
  return is_believed ? answer : none;
}

void TrustStore::State::narrow(Verdict& verdict, Time issued, Time next_update) const {
  verdict.known_from = std::max(verdict.known_from, issued - limits::kClockSkewMax);
  verdict.until = std::min(verdict.until, next_update + grace);
  // The first is the leaf's, whose moment of knowledge is what people ask for.
  if (verdict.revocation_known_at == Time{}) verdict.revocation_known_at = issued;
}

Result<Verdict> TrustStore::State::window_of(const stack_st_X509* path,
                                             const Judgement& judgement) const {
  Verdict verdict{Time::min(), Time::min(), Time::max(), Time{}};
  for (int place = 0; place < sk_X509_num(path); ++place) {
    X509* certificate = sk_X509_value(path, place);
    const auto not_before = to_time(X509_get0_notBefore(certificate));
    const auto not_after = to_time(X509_get0_notAfter(certificate));
    TRUC_CHECK(not_before && not_after, "OpenSSL has compared both times");
    verdict.valid_from = std::max(verdict.valid_from, *not_before);
    verdict.until = std::min(verdict.until, *not_after + milliseconds{999});
    if (revocation != TrustFiles::Revocation::required) continue;
    TRUC_TRY(const auto answer, answer_for(path, place, judgement));
    const RevocationList* list = newest_list(verdict, certificate, judgement.moment.now);
    const bool has_list = (judgement.without_list >> place & 1U) == 0;
    TRUC_CHECK(!has_list || list != nullptr, "OpenSSL has found a list of the issuer");
    if (answer && !(has_list && list->issued > answer->issued)) {
      narrow(verdict, answer->issued, answer->next_update);
    } else if (has_list) {
      narrow(verdict, list->issued, list->next_update);
    } else {
      return Failure(ErrorCode::revocation_unknown)
          .at("certificate " + std::to_string(place + 1) + " of the path")
          .expected("a revocation list in force, or an answer of the authority's responder")
          .found("neither yet");
    }
  }
  if (verdict.valid_from > judgement.moment.at) {
    return Failure(ErrorCode::certificate_expired)
        .expected("a path that was valid on " + to_rfc3339(judgement.moment.at))
        .found("one that begins on " + to_rfc3339(verdict.valid_from));
  }
  return verdict;
}

Result<Verdict> TrustStore::State::find_path(const Certificate& leaf,
                                             const std::vector<Certificate>& presented,
                                             Purpose purpose, Moment moment) const {
  const BorrowedStackHandle others(sk_X509_new_null());
  const StoreContextHandle context(X509_STORE_CTX_new());
  if (!others || !context) return crypto_failure("X509_STORE_CTX_new");
  for (const auto& certificate : presented) {
    if (sk_X509_push(others.get(), certificate.native()) <= 0)
      return crypto_failure("sk_X509_push");
  }
  if (X509_STORE_CTX_init(context.get(), store.get(), leaf.native(), others.get()) != 1)
    return crypto_failure("X509_STORE_CTX_init");
  Judgement judgement{moment, grace, online != nullptr};
  if (X509_STORE_CTX_set_app_data(context.get(), &judgement) != 1)
    return crypto_failure("X509_STORE_CTX_set_app_data");
  X509_STORE_CTX_set_time(context.get(), 0,
                          std::chrono::floor<seconds>(moment.now).time_since_epoch().count());
  ERR_clear_error();
  const int verdict = X509_verify_cert(context.get());
  if (verdict < 0) return crypto_failure("X509_verify_cert");
  if (verdict != 1) return fault_of(context.get());
  const auto* path = X509_STORE_CTX_get0_chain(context.get());
  TRUC_CHECK(path != nullptr && sk_X509_num(path) > 0, "a good verdict comes with its path");
  TRUC_TRY(require_usage(path, purpose));
  return window_of(path, judgement);
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
                                             Purpose purpose, Moment moment) const {
  if (presented.size() > limits::kChainLengthMax) {
    return Failure(ErrorCode::certificate_untrusted)
        .expected("at most " + std::to_string(limits::kChainLengthMax) + " certificates")
        .found(std::to_string(presented.size()));
  }
  const Sha256 key = verdict_key(leaf, presented, purpose);
  const auto known = state_->verdicts.find(key);
  if (known && known->speaks_of(moment)) {
    state_->keep(leaf, presented);
    return TrustedCertificate(leaf, purpose, known->revocation_known_at, moment.at);
  }
  // Before anything is computed with their keys: a key of 16,384 bits is there to cost time.
  TRUC_TRY(require_strong_certificate(leaf));
  for (const auto& certificate : presented) {
    TRUC_TRY(require_strong_certificate(certificate));
  }
  TRUC_TRY(require_valid_at(leaf, moment.at));
  TRUC_TRY(const Verdict verdict, state_->find_path(leaf, presented, purpose, moment));
  // What was good then says nothing about today.
  if (moment.is_now()) state_->verdicts.remember(key, verdict);
  state_->keep(leaf, presented);
  return TrustedCertificate(leaf, purpose, verdict.revocation_known_at, moment.at);
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

std::vector<RevocationStanding> TrustStore::standing() const {
  std::map<std::string, RevocationStanding> newest;
  for (const auto& list : state_->lists) {
    const auto authority = name_text(X509_CRL_get_issuer(list.native.get()));
    const auto known = newest.find(authority);
    if (known != newest.end() && known->second.issued >= list.issued) continue;
    newest.insert_or_assign(authority,
                            RevocationStanding{authority, list.issued, list.next_update});
  }
  std::vector<RevocationStanding> standing;
  for (auto& [authority, one] : newest) standing.push_back(std::move(one));
  return standing;
}

TrustStore::TrustStore(std::unique_ptr<State> state) : state_(std::move(state)) {}
TrustStore::~TrustStore() = default;

}  // namespace truc::pki
