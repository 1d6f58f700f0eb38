// What a receipt must say before it is believed.
#pragma once

#include <optional>
#include <string>

#include "edge-adapter/bridge/identities.hpp"
#include "edge-adapter/spool/ledger.hpp"
#include "pki/receipt/receipt.hpp"

namespace truc::edge {

struct AcceptedExpectation {
  AgencyCode sender;
  DocumentId document_id;
  Sha256 sha256;
  std::string hub_id;                  // empty: any hub that a trusted certificate names
  std::optional<TransferId> transfer;  // of a delivery
  // Of a delivery: one of the two must be among the receipt's recipients.
  std::optional<AgencyCode> recipient;
  std::optional<AgencyCode> addressee;
};

// The receipt's signature and certificate hold, a hub issued it, and it speaks of this package.
// Failures: those of verify_receipt, receipt_mismatch.
Result<pki::VerifiedReceipt> check_accepted(std::string receipt, const pki::TrustStore& trust,
                                            Time now, const AcceptedExpectation& expected);

// Our own receipt for a delivery. Failures: agency_not_configured, crypto_failed.
Result<std::string> sign_receipt(const Identities& identities, pki::ReceiptKind kind,
                                 const ReceivedRecord& record, Time now);

}  // namespace truc::edge
