#include "edge-adapter/uplink/inbound_task.hpp"

#include <algorithm>

#include "edge-adapter/bridge/beside.hpp"
#include "edge-adapter/uplink/own_receipt.hpp"
#include "edge-adapter/uplink/receipt_check.hpp"
#include "pki/crypto/digest.hpp"
#include "schemas/base/limits.hpp"

namespace truc::edge {
namespace {

using delivery::ItemKind;

ReceivedKey key_of(const delivery::DeliveryRecord& record) {
  return {
      .sender = record.sender, .document_id = record.document_id, .recipient = record.recipient};
}

bool is_no_longer_there(const Failure& failure) {
  return failure.code() == ErrorCode::delivery_unknown || failure.code() == ErrorCode::not_found;
}

}  // namespace

asio::awaitable<Result<void>> InboundTask::run(MailboxEntry entry) {
  const bool receipt = entry.record.kind == ItemKind::receipt;
  auto received = receipt ? receive_receipt(std::move(entry)) : receive_package(std::move(entry));
  auto outcome = co_await std::move(received);
  co_return outcome;
}

asio::awaitable<Result<void>> InboundTask::receive_package(MailboxEntry entry) {
  auto look = [this, &entry] { return services_.ledger.find(key_of(entry.record)); };
  auto known = co_await services_.pool.run(std::move(look));
  if (!known) co_return std::move(known).error();
  if (known.value()) {
    auto again = co_await receive_again(std::move(entry), std::move(*known.value()));
    co_return again;
  }
  const DeliveryId delivery = entry.record.delivery;
  auto find = [this, delivery] { return services_.inbound.find_sealed(delivery); };
  auto sealed = co_await services_.pool.run(find);
  if (!sealed) co_return std::move(sealed).error();
  if (!sealed.value()) {
    auto fetched = co_await fetch_and_seal(std::move(entry));
    if (!fetched) co_return fetched;
    sealed = co_await services_.pool.run(find);
    if (!sealed) co_return std::move(sealed).error();
    if (!sealed.value()) co_return success();  // set aside, or no longer ours
  }
  auto finished = co_await finish(std::move(*sealed.value()));
  co_return finished;
}

// The document was handed over before. It is not handed over again; the hub only lacks our receipt.
asio::awaitable<Result<void>> InboundTask::receive_again(MailboxEntry entry, ReceivedRecord known) {
  if (known.sha256 != entry.record.sha256) {
    Failure conflict = Failure(ErrorCode::document_conflict)
                           .expected(known.sha256.hex())
                           .found(entry.record.sha256.hex());
    auto aside = co_await set_aside(std::move(entry), std::string(), std::move(conflict));
    co_return aside;
  }
  if (known.delivery != entry.record.delivery) {
    // The same document under another delivery: a hub that was restored, and a sender that sent it
    // anew. It wants a receipt of its own, for which the new "accepted" has to hold, too.
    auto renew = [this, &entry, &known]() -> Result<ReceivedRecord> {
      TRUC_TRY(check_receipt(entry));
      ReceivedRecord renewed = known;
      renewed.delivery = entry.record.delivery;
      const auto identities = services_.identities.current();
      const Time now = services_.clock.now();
      TRUC_TRY(renewed.delivered_receipt,
               sign_receipt(*identities, pki::ReceiptKind::delivered, renewed, now));
      if (!renewed.registered_receipt.empty()) {
        TRUC_TRY(renewed.registered_receipt,
                 sign_receipt(*identities, pki::ReceiptKind::registered, renewed, now));
      }
      TRUC_TRY(services_.ledger.record(renewed));
      return renewed;
    };
    auto renewed = co_await services_.pool.run(std::move(renew));
    if (!renewed) {
      auto aside = co_await set_aside(std::move(entry), std::string(), std::move(renewed).error());
      co_return aside;
    }
    known = std::move(renewed).value();
  }
  services_.log.info("inbound.received_before", {{"delivery", known.delivery.text()}});
  auto put = co_await put_again(known);
  if (!put) co_return put;
  auto forget = [this, &known] { return services_.inbound.forget(known.delivery); };
  auto forgotten = co_await services_.pool.run(std::move(forget));
  co_return forgotten;
}

// Out of the page that it came in, else from the hub.
asio::awaitable<Result<std::string>> InboundTask::item_of(MailboxEntry& entry) {
  if (!entry.item.empty()) co_return std::move(entry.item);
  auto fetched = co_await services_.hub.fetch(entry.record.delivery);
  co_return fetched;
}

asio::awaitable<Result<void>> InboundTask::fetch_and_seal(MailboxEntry entry) {
  auto bytes = co_await item_of(entry);
  if (!bytes && is_no_longer_there(bytes.error())) co_return success();
  if (!bytes) co_return std::move(bytes).error();
  auto check = [this, &entry, &bytes] { return check_package(entry, bytes.value()); };
  auto checked = co_await services_.pool.run(std::move(check));
  if (!checked) {
    auto aside =
        co_await set_aside(std::move(entry), std::move(bytes).value(), std::move(checked).error());
    co_return aside;
  }
  const DeliveryId delivery = entry.record.delivery;
  auto begin = [this, delivery] { return services_.inbound.begin(delivery); };
  auto begun = co_await services_.pool.run(std::move(begin));
  if (!begun) co_return begun;
  auto attached = co_await fetch_attachments(delivery, checked.value().beside);
  if (!attached && attached.error().code() != ErrorCode::attachment_mismatch) co_return attached;
  if (!attached) {
    auto aside =
        co_await set_aside(std::move(entry), std::move(bytes).value(), std::move(attached).error());
    co_return aside;
  }
  auto seal = [this, &entry, &bytes, &checked]() -> Result<void> {
    TRUC_TRY(services_.inbound.stage_package(entry.record.delivery, bytes.value(), entry.receipt));
    const auto form = checked.value().beside.empty() ? HandOverForm::file : HandOverForm::folder;
    return services_.inbound.seal({.record = checked.value().record, .form = form});
  };
  auto sealed = co_await services_.pool.run(std::move(seal));
  co_return sealed;
}

Result<pki::VerifiedReceipt> InboundTask::check_receipt(const MailboxEntry& entry) const {
  const auto identities = services_.identities.current();
  const AcceptedExpectation expected{.sender = entry.record.sender,
                                     .document_id = entry.record.document_id,
                                     .sha256 = entry.record.sha256,
                                     .hub_id = services_.hub_id,
                                     .transfer = entry.record.delivery.transfer,
                                     .recipient = entry.record.recipient,
                                     .addressee = entry.record.addressee};
  return check_accepted(entry.receipt, *identities->trust, services_.clock.now(), expected);
}

// Everything again that the hub has checked: the adapter believes the sender's signature and the
// hub's, not the hub's word.
Result<InboundTask::Checked> InboundTask::check_package(const MailboxEntry& entry,
                                                        std::string bytes) const {
  const auto& record = entry.record;
  const auto identities = services_.identities.current();
  TRUC_TRY(identities->find(record.recipient));
  const Sha256 sha256 = pki::sha256(bytes);
  if (sha256 != record.sha256)
    return Failure(ErrorCode::digest_mismatch).expected(record.sha256.hex()).found(sha256.hex());
  TRUC_TRY(auto read, edxml::read_envelope(std::move(bytes)));
  TRUC_TRY(auto valid, services_.rules.check(std::move(read)));
  // As of the moment that the hub states: a certificate may end while a package waits for us.
  TRUC_TRY(const auto accepted, check_receipt(entry));
  const pki::Moment moment(accepted.claims().issued_at, services_.clock.now());
  TRUC_TRY(const auto envelope, pki::verify_envelope(std::move(valid), *identities->trust, moment));
  const auto& content = envelope.content();
  const bool document = content.kind() == edxml::PackageKind::document;
  if (document != (record.kind == ItemKind::document))
    return Failure(document ? ErrorCode::not_a_status : ErrorCode::not_a_document);
  if (content.from().organ_id != record.sender)
    return Failure(ErrorCode::signer_is_not_sender)
        .expected(record.sender.text())
        .found(content.from().organ_id.text());
  if (content.id() != record.document_id)
    return Failure(ErrorCode::receipt_mismatch)
        .at("document_id")
        .expected(record.document_id.text())
        .found(content.id().text());

  Checked checked{.record = {.key = key_of(record),
                             .delivery = record.delivery,
                             .kind = record.kind,
                             .sha256 = sha256,
                             .code_number = {},
                             .code_notation = {},
                             .promulgation_date = {},
                             .handed_over_at = services_.clock.now(),
                             .delivered_receipt = {},
                             .registered_receipt = {}},
                  .beside = {}};
  if (content.document) {
    checked.record.code_number = content.document->code.number;
    checked.record.code_notation = content.document->code.notation;
    checked.record.promulgation_date = to_national_date(content.document->promulgation_date);
    checked.beside = content.document->beside_attachments;
  }
  return checked;
}

asio::awaitable<Result<void>> InboundTask::fetch_attachments(
    DeliveryId delivery, std::vector<edxml::BesideAttachment> beside) {
  // In the manifest's order, so that a restart gives every attachment the same name again.
  NameSet names = reserved_names();
  for (const auto& attachment : beside) {
    auto fetched = co_await fetch_attachment(delivery, attachment, names.take(attachment.name));
    if (!fetched) co_return fetched;
  }
  co_return success();
}

asio::awaitable<Result<void>> InboundTask::fetch_attachment(DeliveryId delivery,
                                                            edxml::BesideAttachment attachment,
                                                            std::string name) {
  struct Have {
    std::uint64_t part = 0;
    bool staged = false;
  };
  auto look = [this, delivery, &attachment, &name]() -> Result<Have> {
    TRUC_TRY(const auto staged, services_.inbound.find_staged(delivery, name));
    TRUC_TRY(const auto part, services_.inbound.part_size(delivery, attachment.sha256));
    return Have{.part = part, .staged = staged.has_value()};
  };
  auto have = co_await services_.pool.run(std::move(look));
  if (!have) co_return std::move(have).error();
  if (have.value().staged) co_return success();  // it was checked before it was staged

  const std::uint64_t resumed_at = have.value().part;
  auto fetched = co_await fetch_rest(delivery, attachment.sha256, resumed_at, attachment.size);
  if (!fetched) co_return fetched;
  auto settle = [this, delivery, &attachment, &name, resumed_at]() -> Result<void> {
    const std::string part = services_.inbound.part_path(delivery, attachment.sha256);
    TRUC_TRY(const auto size, services_.inbound.part_size(delivery, attachment.sha256));
    TRUC_TRY(const auto sha256, digest_file(services_.files, part));
    if (size == attachment.size && sha256 == attachment.sha256)
      return services_.inbound.stage_attachment(delivery, attachment.sha256, name);
    TRUC_TRY(services_.inbound.drop_part(delivery, attachment.sha256));
    // What was left from before may have suffered in a power cut: once more from the start. Fetched
    // whole and still wrong, it is wrong at the hub.
    if (resumed_at > 0) return Failure(ErrorCode::body_truncated).at(attachment.name);
    return Failure(ErrorCode::attachment_mismatch)
        .at(attachment.name)
        .expected(attachment.sha256.hex())
        .found(sha256.hex());
  };
  auto settled = co_await services_.pool.run(std::move(settle));
  co_return settled;
}

asio::awaitable<Result<void>> InboundTask::fetch_rest(DeliveryId delivery, Sha256 sha256,
                                                      std::uint64_t from, std::uint64_t size) {
  for (std::uint64_t offset = from; offset < size;) {
    const auto most = static_cast<std::size_t>(
        std::min<std::uint64_t>(limits::kAttachmentPartBytesMax, size - offset));
    auto bytes = co_await services_.hub.fetch_attachment(delivery, sha256, offset, most);
    if (!bytes) co_return std::move(bytes).error();
    if (bytes.value().empty() || bytes.value().size() > most)
      co_return Failure(ErrorCode::peer_protocol)
          .at("attachment")
          .expected("up to " + std::to_string(most) + " bytes")
          .found(std::to_string(bytes.value().size()));
    auto write = [this, delivery, &sha256, offset, &bytes] {
      return services_.inbound.write_part(delivery, sha256, offset, bytes.value());
    };
    auto written = co_await services_.pool.run(std::move(write));
    if (!written) co_return written;
    offset += bytes.value().size();
  }
  co_return success();
}

Result<ReceivedRecord> InboundTask::hand_over(const SealedItem& item) const {
  TRUC_TRY(auto known, services_.ledger.find(item.record.key));
  if (known && known->delivery == item.record.delivery) return std::move(*known);
  // Known under another delivery: the document itself is not handed over a second time.
  if (!known) {
    TRUC_TRY(services_.inbound.hand_over(item));
  }
  // Signed only after the rename: "delivered" says that it was handed over. In the ledger before it
  // is put: every later try sends the same bytes.
  ReceivedRecord record = item.record;
  const auto identities = services_.identities.current();
  TRUC_TRY(record.delivered_receipt,
           sign_receipt(*identities, pki::ReceiptKind::delivered, record, services_.clock.now()));
  TRUC_TRY(services_.ledger.record(record));
  services_.log.info("inbound.handed_over", {{"delivery", record.delivery.text()},
                                             {"kind", delivery::to_text(record.kind)},
                                             {"sender", record.key.sender.text()},
                                             {"recipient", record.key.recipient.text()}});
  return record;
}

asio::awaitable<Result<void>> InboundTask::finish(SealedItem item) {
  auto work = [this, &item] { return hand_over(item); };
  auto record = co_await services_.pool.run(std::move(work));
  if (!record) co_return std::move(record).error();
  auto delivered = put_receipt(pki::ReceiptKind::delivered, std::move(record).value());
  auto put = co_await std::move(delivered);
  if (!put) co_return put;
  auto forget = [this, &item] { return services_.inbound.forget(item.record.delivery); };
  auto forgotten = co_await services_.pool.run(std::move(forget));
  co_return forgotten;
}

// A hub that was restored has lost what it was told since its backup.
asio::awaitable<Result<void>> InboundTask::put_again(ReceivedRecord record) {
  auto put = co_await put_receipt(pki::ReceiptKind::delivered, record);
  if (!put || record.registered_receipt.empty()) co_return put;
  auto registered = co_await put_receipt(pki::ReceiptKind::registered, std::move(record));
  co_return registered;
}

asio::awaitable<Result<void>> InboundTask::put_receipt(pki::ReceiptKind kind,
                                                       ReceivedRecord record) {
  const DeliveryId delivery = record.delivery;
  auto put = co_await put_own_receipt(services_, kind, std::move(record));
  if (put) co_return success();
  const bool settled =
      is_no_longer_there(put.error()) || put.error().code() == ErrorCode::receipt_conflict;
  if (!settled) co_return put;
  // The document is with its recipient and in the ledger; the hub has closed the delivery.
  services_.log.warn("inbound.receipt_not_taken",
                     {{"delivery", delivery.text()}, {"failure", put.error()}});
  co_return success();
}

asio::awaitable<Result<void>> InboundTask::receive_receipt(MailboxEntry entry) {
  auto bytes = co_await item_of(entry);
  if (!bytes && is_no_longer_there(bytes.error())) co_return success();
  if (!bytes) co_return std::move(bytes).error();
  auto file = [this, &entry, &bytes] { return file_receipt(entry, bytes.value()); };
  auto filed = co_await services_.pool.run(std::move(file));
  if (!filed) {
    auto aside =
        co_await set_aside(std::move(entry), std::move(bytes).value(), std::move(filed).error());
    co_return aside;
  }
  // Only now: the receipt is on our disk.
  pki::Confirmation taken{.delivery = entry.record.delivery, .kind = std::nullopt, .receipt = {}};
  auto removed = co_await services_.confirmations.confirm(std::move(taken));
  if (!removed && is_no_longer_there(removed.error())) co_return success();
  co_return removed;
}

Result<void> InboundTask::file_receipt(const MailboxEntry& entry, const std::string& bytes) const {
  const auto identities = services_.identities.current();
  TRUC_TRY(const auto verified, pki::verify_kept_receipt(pki::Receipt(bytes), *identities->trust,
                                                         services_.clock.now()));
  const auto& claims = verified.claims();
  if (claims.kind == pki::ReceiptKind::accepted || claims.recipients.size() != 1)
    return Failure(ErrorCode::receipt_mismatch).at("kind").expected("delivered, registered");
  const bool is_under_way = services_.outbound.is_under_way(claims.document_sha256);
  TRUC_TRY(const auto sent, services_.sent_index.find(claims.transfer));
  // The recipient was quicker than the hub's answer to us, which says whose receipt this is.
  if (!sent && is_under_way)
    return Failure(ErrorCode::busy).because("the hub's own receipt is not here yet");
  if (sent && (sent->sha256 != claims.document_sha256 || sent->document_id != claims.document_id))
    return Failure(ErrorCode::receipt_mismatch)
        .at("document_sha256")
        .expected(sent->sha256.hex())
        .found(claims.document_sha256.hex());
  const AgencyCode& agency = sent ? sent->agency : entry.record.recipient;
  const auto folders = services_.outbound.agencies().find(agency);
  if (folders == services_.outbound.agencies().end())
    return Failure(ErrorCode::agency_not_configured).found(agency.text());

  std::string base = folders->second.sent() + "/";
  base += sent ? sent->name : claims.transfer.text();
  base += ".";
  base += pki::to_text(claims.kind);
  base += "." + safe_file_name(claims.recipients.front().text());
  constexpr int kSameMax = 100;  // receipts of one recipient for one transfer: more is an attack
  for (int number = 1; number <= kSameMax; ++number) {
    std::string path = base;
    if (number > 1) path += "~" + std::to_string(number);
    path += ".receipt.json";
    TRUC_TRY(const auto there, services_.files.find(path));
    if (there) {
      TRUC_TRY(const auto kept, services_.files.read(path, limits::kEnvelopeBytesMax));
      if (kept == bytes) return success();  // written before a crash
      continue;
    }
    TRUC_TRY(write_durably(services_.files, path, bytes, Access::group));
    services_.log.info("outbound.receipt", {{"transfer", claims.transfer.text()},
                                            {"kind", pki::to_text(claims.kind)},
                                            {"recipient", claims.recipients.front().text()}});
    return success();
  }
  return Failure(ErrorCode::receipt_conflict).at(base);
}

asio::awaitable<Result<void>> InboundTask::set_aside(MailboxEntry entry, std::string bytes,
                                                     Failure failure) {
  // A refusal of the hub, a full disk or a stale revocation list is not the entry's fault.
  if (trouble_of(failure) != Trouble::final || is_no_longer_there(failure)) co_return failure;
  const DeliveryId delivery = entry.record.delivery;
  services_.log.error("inbound.refused", {{"delivery", delivery.text()},
                                          {"sender", entry.record.sender.text()},
                                          {"recipient", entry.record.recipient.text()},
                                          {"failure", failure}});
  auto keep = [this, delivery, &entry, &bytes, &failure]() -> Result<void> {
    TRUC_TRY(services_.inbound.begin(delivery));
    if (!bytes.empty()) {
      TRUC_TRY(services_.inbound.stage_package(delivery, bytes, entry.receipt));
    }
    return services_.inbound.quarantine(delivery, failure);
  };
  auto kept = co_await services_.pool.run(std::move(keep));
  co_return kept;
}

}  // namespace truc::edge
