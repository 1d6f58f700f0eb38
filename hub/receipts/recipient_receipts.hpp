// Recipients' receipts on their way in: what an agency signed about its delivery, checked against
// the delivery itself, with the item that carries it to the sender's mailbox.
#pragma once

#include <optional>
#include <string>

#include "hub/directory/representation.hpp"
#include "hub/ingest/admission.hpp"
#include "hub/ingest/transfer_ids.hpp"
#include "hub/ports/document_store.hpp"
#include "pki/receipt/receipt.hpp"

namespace truc::hub {

// Any thread; check() blocks (it verifies and reads the store), so it runs on a worker.
class RecipientReceipts {
 public:
  explicit RecipientReceipts(AdmissionServices services) : services_(services) {}

  // nullopt when exactly this receipt is kept already. Failures: delivery_unknown when there is no
  // such delivery, or the peer does not act for its recipient; body_too_large; receipt_malformed,
  // receipt_invalid, receipt_ahead, the 41xx codes; receipt_mismatch when it speaks of another
  // delivery, kind or agency, or when the item takes no such receipt (only documents are
  // registered, and an item of kind receipt is acknowledged without one).
  Result<std::optional<RecipientReceipt>> check(const pki::PeerIdentity& peer,
                                                const DeliveryId& delivery, pki::ReceiptKind kind,
                                                std::string text);

 private:
  NewTransfer item_for_sender(const Directory& directory, const TransferRecord& regarded,
                              const DeliveryId& delivery, const pki::ReceiptClaims& claims,
                              const std::string& text, Time now);

  AdmissionServices services_;
};

}  // namespace truc::hub
