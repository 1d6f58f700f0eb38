#include "pki/tools/examine.hpp"

#include "pki/crypto/file.hpp"

namespace truc::pki {
namespace {

Result<SignedEnvelope> examine_package(std::string bytes, const Measure& measure, Moment moment) {
  TRUC_TRY(auto envelope, edxml::read_envelope(std::move(bytes)));
  TRUC_TRY(auto valid, measure.rules.check(std::move(envelope)));
  return verify_envelope(std::move(valid), *measure.trust, moment);
}

Result<TrustedCertificate> examine_certificate(const std::string& file, const Measure& measure) {
  TRUC_TRY(const auto chain, Certificate::load_pem_file(file));
  return measure.trust->check(chain.front(), {chain.begin() + 1, chain.end()}, measure.purpose,
                              measure.now);
}

template <class T>
void keep(Result<T> result, std::optional<T>& proof, std::optional<Failure>& failure) {
  if (result) {
    proof.emplace(std::move(result).value());
  } else {
    failure = result.error();
  }
}

Result<void> require_equal(std::string_view place, std::string expected, std::string found) {
  if (expected == found) return success();
  return Failure(ErrorCode::receipt_mismatch)
      .at(std::string(place))
      .expected(std::move(expected))
      .found(std::move(found));
}

}  // namespace

Examination examine(const std::string& file, const Measure& measure,
                    std::optional<Time> accepted_at) {
  Examination examination{file, {}, {}, {}, {}};
  auto bytes = read_trust_file(file, FileAccess::anyone);
  if (!bytes) {
    examination.failure = bytes.error();
  } else if (bytes.value().starts_with('{')) {
    keep(verify_kept_receipt(Receipt(std::move(bytes).value()), *measure.trust, measure.now),
         examination.receipt, examination.failure);
  } else if (bytes.value().starts_with("-----BEGIN CERTIFICATE")) {
    keep(examine_certificate(file, measure), examination.certificate, examination.failure);
  } else {
    const Moment moment(accepted_at.value_or(measure.now), measure.now);
    keep(examine_package(std::move(bytes).value(), measure, moment), examination.package,
         examination.failure);
  }
  return examination;
}

Result<void> require_speaks_of(const VerifiedReceipt& receipt, const SignedEnvelope& package) {
  const auto& claims = receipt.claims();
  TRUC_TRY(require_equal("/document_sha256", package.digest().hex(), claims.document_sha256.hex()));
  TRUC_TRY(require_equal("/sender", package.signer().text(), claims.sender.text()));
  return require_equal("/document_id", package.content().id().text(), claims.document_id.text());
}

}  // namespace truc::pki
