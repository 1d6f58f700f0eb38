#include "hub/receipts/recipient_receipts.hpp"

#include "pki/crypto/digest.hpp"
#include "schemas/base/limits.hpp"

namespace truc::hub {
namespace {

using pki::ReceiptClaims;
using pki::ReceiptKind;

Failure contradiction(std::string member, std::string expected, std::string found = {}) {
  return Failure(ErrorCode::receipt_mismatch)
      .at("/payload/" + std::move(member))
      .expected(std::move(expected))
      .found(std::move(found));
}

Result<void> require_takes(delivery::ItemKind item, ReceiptKind kind) {
  if (kind == ReceiptKind::delivered && item != delivery::ItemKind::receipt) return success();
  if (kind == ReceiptKind::registered && item == delivery::ItemKind::document) return success();
  return contradiction("kind",
                       item == delivery::ItemKind::receipt
                           ? "no receipt: an item of kind receipt is acknowledged with DELETE"
                           : "delivered: only documents are registered",
                       std::string(to_text(kind)));
}

// The claims speak of this delivery of these bytes.
Result<void> require_delivery(const ReceiptClaims& claims, ReceiptKind kind,
                              const DeliveryId& delivery, const TransferRecord& record) {
  if (claims.kind != kind)
    return contradiction("kind", std::string(to_text(kind)), std::string(to_text(claims.kind)));
  if (claims.transfer != delivery.transfer)
    return contradiction("transfer", delivery.transfer.text(), claims.transfer.text());
  if (claims.delivery_index != delivery.index)
    return contradiction("delivery", std::to_string(delivery.index));
  if (claims.sender != record.sender)
    return contradiction("sender", record.sender.text(), claims.sender.text());
  if (claims.document_id != record.document_id)
    return contradiction("document_id", record.document_id.text(), claims.document_id.text());
  if (claims.document_sha256 != record.sha256)
    return contradiction("document_sha256", record.sha256.hex(), claims.document_sha256.hex());
  return success();
}

// Given by whoever receives here today: the recipient under any of its codes, or its successor.
Result<void> require_issuer(const Directory& directory, const ReceiptClaims& claims,
                            const AgencyCode& recipient, const Agency& acting) {
  if (claims.recipients.size() != 1) return contradiction("recipients", "one agency");
  const Agency* issuer = directory.find(claims.recipients.front());
  const bool is_recipient = issuer != nullptr && issuer == directory.find(recipient);
  if (issuer == &acting || is_recipient) return success();
  return contradiction("recipients", recipient.text(), claims.recipients.front().text());
}

Result<void> require_time(const ReceiptClaims& claims, const TransferRecord& record, Time now) {
  const auto skew = limits::kClockSkewMax;
  if (claims.issued_at + skew >= record.accepted_at && claims.issued_at <= now + skew)
    return success();
  return contradiction("issued_at", "a time between the acceptance and now",
                       to_rfc3339(claims.issued_at));
}

}  // namespace

Result<std::optional<RecipientReceipt>> RecipientReceipts::check(const pki::PeerIdentity& peer,
                                                                 const DeliveryId& delivery,
                                                                 pki::ReceiptKind kind,
                                                                 std::string text) {
  if (text.size() > limits::kHttpSmallBodyBytesMax) {
    return Failure(ErrorCode::body_too_large)
        .expected("at most " + std::to_string(limits::kHttpSmallBodyBytesMax) + " bytes");
  }
  const Time now = services_.clock.now();
  const auto directory = services_.directory.current();
  TRUC_TRY(const auto record, services_.store.transfer(delivery.transfer));
  if (record == nullptr || delivery.index >= record->addressees.size())
    return ErrorCode::delivery_unknown;
  const AgencyCode& recipient = record->addressees[delivery.index].recipient;
  const Representation acting(peer, *directory, vietnam_day(now));
  const Agency* agency = acting.agency_for(recipient);
  if (agency == nullptr) return ErrorCode::delivery_unknown;
  TRUC_TRY(require_takes(record->kind, kind));

  const bool registers = kind == ReceiptKind::registered;
  TRUC_TRY(const auto state, services_.store.delivery_state(delivery));
  const std::string& kept = registers ? state.registered_receipt : state.delivered_receipt;
  if (kept == text) return std::optional<RecipientReceipt>();

  const auto trust = services_.trust.current();
  TRUC_TRY(const auto verified, verify_receipt(pki::Receipt(text), *trust, now));
  const ReceiptClaims& claims = verified.claims();
  TRUC_TRY(require_delivery(claims, kind, delivery, *record));
  TRUC_TRY(require_issuer(*directory, claims, recipient, *agency));
  TRUC_TRY(require_time(claims, *record, now));
  auto item = item_for_sender(*directory, *record, delivery, claims, text, now);
  return std::optional(
      RecipientReceipt{delivery, registers, now, std::move(text), std::move(item)});
}

NewTransfer RecipientReceipts::item_for_sender(const Directory& directory,
                                               const TransferRecord& regarded,
                                               const DeliveryId& delivery,
                                               const ReceiptClaims& claims, const std::string& text,
                                               Time now) {
  // Evidence is never refused for the sender's sake: when the sender is closed without a single
  // successor, or has left the directory, it is kept in the mailbox of its own code.
  const auto successor = directory.resolve(regarded.sender, vietnam_day(now));
  const Agency* receiver = successor ? successor.value() : directory.find(regarded.sender);
  const Addressee addressee = receiver != nullptr
                                  ? Addressee{regarded.sender, receiver->code, receiver->level}
                                  : Addressee{regarded.sender, regarded.sender,
                                              regarded.sender.implied_level().value_or(Level::one)};
  const std::string kind(to_text(claims.kind));
  const Agency* issuer = directory.find(claims.recipients.front());
  const AgencyCode& from = issuer != nullptr ? issuer->code : claims.recipients.front();
  auto document_id = DocumentId::parse("receipt:" + kind + ':' + delivery.text());
  const TransferId id = services_.ids.next();
  TransferRecord record{
      .id = id,
      .kind = delivery::ItemKind::receipt,
      .sender = from,
      .document_id = std::move(document_id).value(),
      .notation = {},
      .sha256 = pki::sha256(text),
      .size = text.size(),
      .priority = regarded.priority,
      .accepted_at = now,
      .addressees = {addressee},
      .attachments = {},
      .regarding = Regarding{regarded.sender, regarded.document_id},
      .receipt = {},
  };
  HistoryEvent history{now, kind, "agency:" + from.text(), {}, id};
  return NewTransfer{std::move(record), std::make_shared<const std::string>(text),
                     delivery.transfer, std::move(history), std::nullopt};
}

}  // namespace truc::hub
