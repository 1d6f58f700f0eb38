// Signed receipts (docs/protocol/receipt.md, PR-RCPT): a JWS in flattened JSON form (RFC
// 7515 7.2.2) whose payload is the JSON of ReceiptClaims. Anyone with the root certificate checks
// it offline.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pki/crypto/key.hpp"
#include "pki/trust/trust_store.hpp"

namespace truc::pki {

enum class ReceiptKind : std::uint8_t {
  accepted,    // by the hub: durable, and will be delivered to `recipients`
  delivered,   // by the recipient's agency: handed to its document system
  registered,  // by the recipient's agency: entered in its register (status 03)
};
std::string_view to_text(ReceiptKind kind);
Result<ReceiptKind> parse_receipt_kind(std::string_view text);  // Failure: receipt_malformed

// What a receipt states. A value; nothing in it is trusted by being parsed.
struct ReceiptClaims {
  ReceiptKind kind = ReceiptKind::accepted;
  TransferId transfer;
  std::optional<std::uint32_t> delivery_index;  // of delivered and registered
  AgencyCode sender;
  DocumentId document_id;
  Sha256 document_sha256;              // of the package's bytes
  std::vector<AgencyCode> recipients;  // accepted: all; otherwise the one
  std::string issuer;                  // "hub:<id>" or "agency:<code>"
  Time issued_at;
  std::optional<Time> revocation_known_at;  // accepted: freshness of revocation knowledge
};

// A receipt's exact text; equal texts are the same receipt. Not verified by being one.
class Receipt {
 public:
  explicit Receipt(std::string json) : json_(std::move(json)) {}
  const std::string& json() const { return json_; }
  bool operator==(const Receipt&) const = default;

 private:
  std::string json_;
};

// Signs with one credential; the constant parts are prepared once. Any thread.
class ReceiptSigner {
 public:
  // `credential` holds an EC key (P-256), or RSA. Failure: crypto_failed.
  static Result<ReceiptSigner> make(Credential credential);
  Result<Receipt> sign(const ReceiptClaims& claims) const;

 private:
  struct State;
  explicit ReceiptSigner(std::shared_ptr<const State> state) : state_(std::move(state)) {}
  std::shared_ptr<const State> state_;
};

// A receipt whose signature and certificate hold, issued by whom its certificate names.
class VerifiedReceipt {
 public:
  const Receipt& receipt() const { return receipt_; }
  const ReceiptClaims& claims() const { return claims_; }
  const TrustedCertificate& certificate() const { return certificate_; }

 private:
  friend Result<VerifiedReceipt> verify_receipt(Receipt receipt, const TrustStore& trust, Time now);
  friend Result<VerifiedReceipt> verify_kept_receipt(Receipt receipt, const TrustStore& trust,
                                                     Time now);
  // When the signer's certificate must be good.
  enum class Standing : std::uint8_t { now, when_issued };
  static Result<VerifiedReceipt> verify(Receipt receipt, const TrustStore& trust, Time now,
                                        Standing standing);
  VerifiedReceipt(Receipt receipt, ReceiptClaims claims, TrustedCertificate certificate)
      : receipt_(std::move(receipt)),
        claims_(std::move(claims)),
        certificate_(std::move(certificate)) {}
  Receipt receipt_;
  ReceiptClaims claims_;
  TrustedCertificate certificate_;
};

// Failures: receipt_malformed, receipt_invalid, receipt_ahead, the 41xx codes; receipt_mismatch
// when the issuer is not the one that the certificate names, or may not issue this kind (accepted:
// a hub; the others: the one recipient itself).
//
// For a receipt that its signer hands in: the certificate must be good now, since whoever has
// stolen a key dates back.
Result<VerifiedReceipt> verify_receipt(Receipt receipt, const TrustStore& trust, Time now);

// For evidence that was kept: the certificate must have been good at `issued_at`, as far as is
// known now. It may have expired, or been replaced, since then.
Result<VerifiedReceipt> verify_kept_receipt(Receipt receipt, const TrustStore& trust, Time now);

}  // namespace truc::pki
