#include "edge-adapter/uplink/outbound_task.hpp"

#include <memory>

#include "edge-adapter/uplink/own_receipt.hpp"
#include "edge-adapter/uplink/receipt_check.hpp"
#include "schemas/base/check.hpp"
#include "schemas/base/limits.hpp"
#include "schemas/base/problem.hpp"

namespace truc::edge {
namespace {

bool is_gone(const OutboundItem& item) {
  return item.id.empty();
}

// The mark that an item has left the spool.
OutboundItem gone(OutboundItem item) {
  item.id.clear();
  return item;
}

}  // namespace

asio::awaitable<Result<void>> OutboundTask::run(OutboundItem& item) {
  // Each turn moves on by at least one state, and there are five.
  while (!is_gone(item)) {
    auto next = co_await advance(item);
    if (!next) co_return std::move(next).error();
    item = std::move(next).value();
  }
  co_return success();
}

asio::awaitable<Result<OutboundItem>> OutboundTask::advance(OutboundItem item) {
  switch (item.state) {
    case OutboundState::claimed: {
      auto work = [this, &item] { return prepare(item); };
      auto prepared = co_await services_.pool.run(std::move(work));
      co_return prepared;
    }
    case OutboundState::prepared: {
      auto sent = co_await transmit(std::move(item));
      co_return sent;
    }
    case OutboundState::registering: {
      auto put = co_await put_registered(item);
      if (!put) co_return std::move(put).error();
      break;
    }
    case OutboundState::accepted:
    case OutboundState::refused:
      break;
  }
  auto work = [this, &item] { return publish(item); };
  auto published = co_await services_.pool.run(std::move(work));
  co_return published;
}

Result<OutboundItem> OutboundTask::prepare(OutboundItem item) {
  if (item.state != OutboundState::claimed) return item;
  auto prepared =
      services_.preparer.prepare(services_.outbound.drop_path(item), item.form, item.agency);
  if (prepared)
    return services_.outbound.record_prepared(std::move(item), std::move(prepared.value().facts),
                                              prepared.value().bytes);
  if (trouble_of(prepared.error()) != Trouble::final) return std::move(prepared).error();
  services_.log.info("outbound.refused", {{"agency", item.agency.text()},
                                          {"name", item.name},
                                          {"by", "adapter"},
                                          {"failure", prepared.error()}});
  return services_.outbound.record_refused(std::move(item), prepared.error());
}

asio::awaitable<Result<OutboundItem>> OutboundTask::transmit(OutboundItem item) {
  auto uploaded = co_await upload_beside(item);
  Result<pki::Receipt> receipt = Failure(ErrorCode::internal);
  if (!uploaded) {
    receipt = std::move(uploaded).error();
  } else {
    auto read = [this, &item] { return services_.outbound.signed_bytes(item); };
    auto bytes = co_await services_.pool.run(std::move(read));
    if (!bytes) co_return std::move(bytes).error();
    auto package = std::make_shared<const std::string>(std::move(bytes).value());
    receipt = co_await services_.hub.submit(item.facts->kind, std::move(package));
  }
  if (!receipt && trouble_of(receipt.error()) != Trouble::final)
    co_return std::move(receipt).error();
  if (!receipt)
    services_.log.info("outbound.refused", {{"agency", item.agency.text()},
                                            {"name", item.name},
                                            {"by", "hub"},
                                            {"failure", receipt.error()}});
  auto work = [this, &item, &receipt]() -> Result<OutboundItem> {
    if (!receipt) return services_.outbound.record_refused(std::move(item), receipt.error());
    return believe(std::move(item), receipt.value().json());
  };
  auto recorded = co_await services_.pool.run(std::move(work));
  co_return recorded;
}

asio::awaitable<Result<void>> OutboundTask::upload_beside(const OutboundItem& item) {
  for (const auto& file : item.facts->beside) {
    auto uploaded = co_await upload_file(services_.outbound.beside_path(item, file), file);
    if (!uploaded) co_return uploaded;
  }
  co_return success();
}

asio::awaitable<Result<void>> OutboundTask::upload_file(std::string path, BesideFile file) {
  auto progress = co_await services_.hub.upload_progress(file.sha256);
  if (!progress) co_return std::move(progress).error();
  while (progress.value().state == UploadProgress::State::partial) {
    const std::uint64_t offset = progress.value().offset;
    if (offset >= file.size)
      co_return Failure(ErrorCode::peer_protocol)
          .at("Upload-Offset")
          .expected("below " + std::to_string(file.size))
          .found(std::to_string(offset));
    auto read = [this, &path, offset] {
      return services_.files.read_at(path, offset, limits::kAttachmentPartBytesMax);
    };
    auto bytes = co_await services_.pool.run(std::move(read));
    if (!bytes) co_return std::move(bytes).error();
    // The file has shrunk since it was checked: somebody works on a claimed drop.
    if (bytes.value().empty())
      co_return Failure(ErrorCode::attachment_mismatch).at(file.name).found("a shorter file");
    Part part{.offset = offset,
              .total = file.size,
              .bytes = std::make_shared<const std::string>(std::move(bytes).value())};
    progress = co_await services_.hub.upload(file.sha256, std::move(part));
    if (!progress) co_return std::move(progress).error();
    // Each turn must gain ground, or it would never end.
    const bool done = progress.value().state == UploadProgress::State::complete;
    if (!done && progress.value().offset <= offset)
      co_return Failure(ErrorCode::peer_protocol)
          .at("Upload-Offset")
          .expected("above " + std::to_string(offset))
          .found(std::to_string(progress.value().offset));
  }
  co_return success();
}

Result<OutboundItem> OutboundTask::believe(OutboundItem item, std::string receipt) {
  const auto identities = services_.identities.current();
  const AcceptedExpectation expected{.sender = item.facts->sender,
                                     .document_id = item.facts->document_id,
                                     .sha256 = item.facts->sha256,
                                     .hub_id = services_.hub_id,
                                     .transfer = std::nullopt,
                                     .recipient = std::nullopt,
                                     .addressee = std::nullopt};
  const auto verified =
      check_accepted(receipt, *identities->trust, services_.clock.now(), expected);
  if (!verified) {
    // Without a receipt that holds, the document is not accepted as far as we can prove. It stays
    // and is offered again: the same bytes get the same receipt.
    services_.log.error("outbound.receipt_not_believed",
                        {{"name", item.name}, {"failure", verified.error()}});
    return Failure(ErrorCode::peer_protocol).because(to_log_line(verified.error()));
  }
  const auto& claims = verified.value().claims();
  services_.log.info(
      "outbound.accepted",
      {{"agency", item.agency.text()}, {"name", item.name}, {"transfer", claims.transfer.text()}});
  // The receipt is on the disk (in the item) before the package is moved to sent/.
  return services_.outbound.record_accepted(std::move(item), claims.transfer, std::move(receipt));
}

Result<OutboundItem> OutboundTask::publish(OutboundItem item) {
  if (item.state == OutboundState::accepted || item.state == OutboundState::refused) {
    TRUC_TRY(services_.outbound.publish(item));
  }
  if (item.state == OutboundState::accepted) {
    TRUC_TRY(const auto delivery, registered_delivery(item));
    if (delivery) return services_.outbound.record_registering(std::move(item), *delivery);
  }
  TRUC_TRY(services_.outbound.forget(item));
  return gone(std::move(item));
}

Result<std::optional<DeliveryId>> OutboundTask::registered_delivery(const OutboundItem& item) {
  const auto& status = item.facts->status;
  if (!status || status->code != edxml::StatusCode::registered) return std::optional<DeliveryId>();
  const ReceivedKey key{.sender = status->document_sender,
                        .document_id = status->document_id,
                        .recipient = item.facts->sender};
  // A quick answer: the package stands in in/ a moment before the ledger knows it. Asked in this
  // order, as the item is gone only after the ledger has it.
  TRUC_TRY(const auto arriving, services_.inbound.find_sealed(key));
  TRUC_TRY(const auto record, services_.ledger.find(key));
  if (!record) {
    if (arriving) return Failure(ErrorCode::busy).because("its document is being handed over");
    services_.log.warn("outbound.registered_unknown_document",
                       {{"agency", item.agency.text()}, {"document", key.document_id.text()}});
    return std::optional<DeliveryId>();
  }
  // In the ledger before it is put: the document is registered once, with one receipt, also when
  // its status 03 is sent a second time.
  const auto sign_once = [this](ReceivedRecord& kept) -> Result<void> {
    if (!kept.registered_receipt.empty()) return success();
    const auto identities = services_.identities.current();
    TRUC_TRY(kept.registered_receipt,
             sign_receipt(*identities, pki::ReceiptKind::registered, kept, services_.clock.now()));
    return success();
  };
  if (record->registered_receipt.empty()) {
    TRUC_TRY(services_.ledger.amend(record->delivery, sign_once));
  }
  return std::optional(record->delivery);
}

asio::awaitable<Result<void>> OutboundTask::put_registered(const OutboundItem& item) {
  TRUC_CHECK(item.registers.has_value(), "parse and record both require it");
  const DeliveryId delivery = *item.registers;
  auto find = [this, delivery] { return services_.ledger.find(delivery); };
  auto record = co_await services_.pool.run(std::move(find));
  if (!record) co_return std::move(record).error();
  // Received again meanwhile, under another delivery: the hub knows this one no longer.
  if (!record.value() || record.value()->registered_receipt.empty()) co_return success();
  auto put =
      co_await put_own_receipt(services_, pki::ReceiptKind::registered, std::move(*record.value()));
  if (put || trouble_of(put.error()) != Trouble::final) co_return put;
  // The status itself was accepted and is in sent/; nobody can mend this by sending it again.
  services_.log.error("outbound.registered_refused",
                      {{"delivery", delivery.text()}, {"failure", put.error()}});
  co_return success();
}

}  // namespace truc::edge
