#include "edge-adapter/uplink/receipt_check.hpp"

#include <algorithm>

namespace truc::edge {
namespace {

Failure claim_mismatch(std::string what, std::string expected, std::string found) {
  return Failure(ErrorCode::receipt_mismatch)
      .at(std::move(what))
      .expected(std::move(expected))
      .found(std::move(found));
}

Result<void> require_recipient(const pki::ReceiptClaims& claims,
                               const AcceptedExpectation& expected) {
  if (!expected.recipient) return success();
  const auto names = [&](const std::optional<AgencyCode>& code) {
    return code && std::ranges::find(claims.recipients, *code) != claims.recipients.end();
  };
  if (names(expected.recipient) || names(expected.addressee)) return success();
  return claim_mismatch("recipients", expected.recipient->text(), "others");
}

}  // namespace

Result<pki::VerifiedReceipt> check_accepted(std::string receipt, const pki::TrustStore& trust,
                                            Time now, const AcceptedExpectation& expected) {
  TRUC_TRY(auto verified, pki::verify_kept_receipt(pki::Receipt(std::move(receipt)), trust, now));
  const auto& claims = verified.claims();
  if (claims.kind != pki::ReceiptKind::accepted)
    return claim_mismatch("kind", "accepted", std::string(pki::to_text(claims.kind)));
  if (claims.sender != expected.sender)
    return claim_mismatch("sender", expected.sender.text(), claims.sender.text());
  if (claims.document_id != expected.document_id)
    return claim_mismatch("document_id", expected.document_id.text(), claims.document_id.text());
  if (claims.document_sha256 != expected.sha256)
    return claim_mismatch("document_sha256", expected.sha256.hex(), claims.document_sha256.hex());
  if (!expected.hub_id.empty() && claims.issuer != "hub:" + expected.hub_id)
    return claim_mismatch("issuer", "hub:" + expected.hub_id, claims.issuer);
  if (expected.transfer && claims.transfer != *expected.transfer)
    return claim_mismatch("transfer", expected.transfer->text(), claims.transfer.text());
  TRUC_TRY(require_recipient(claims, expected));
  return verified;
}

Result<std::string> sign_receipt(const Identities& identities, pki::ReceiptKind kind,
                                 const ReceivedRecord& record, Time now) {
  TRUC_TRY(const auto* identity, identities.find(record.key.recipient));
  const pki::ReceiptClaims claims{.kind = kind,
                                  .transfer = record.delivery.transfer,
                                  .delivery_index = record.delivery.index,
                                  .sender = record.key.sender,
                                  .document_id = record.key.document_id,
                                  .document_sha256 = record.sha256,
                                  .recipients = {record.key.recipient},
                                  .issuer = "agency:" + record.key.recipient.text(),
                                  .issued_at = now,
                                  .revocation_known_at = std::nullopt};
  TRUC_TRY(const auto receipt, identity->signer.sign(claims));
  return receipt.json();
}

}  // namespace truc::edge
