#include "edge-adapter/uplink/own_receipt.hpp"

#include "edge-adapter/uplink/receipt_check.hpp"

namespace truc::edge {
namespace {

std::string& receipt_in(ReceivedRecord& record, pki::ReceiptKind kind) {
  return kind == pki::ReceiptKind::registered ? record.registered_receipt
                                              : record.delivered_receipt;
}

bool certificate_ended(const Failure& failure) {
  return failure.code() == ErrorCode::certificate_expired ||
         failure.code() == ErrorCode::certificate_revoked;
}

pki::Confirmation confirmation_of(const ReceivedRecord& record, pki::ReceiptKind kind,
                                  std::string receipt) {
  return {.delivery = record.delivery, .kind = kind, .receipt = std::move(receipt)};
}

}  // namespace

asio::awaitable<Result<void>> put_own_receipt(Services& services, pki::ReceiptKind kind,
                                              ReceivedRecord record) {
  auto first = confirmation_of(record, kind, receipt_in(record, kind));
  auto put = co_await services.confirmations.confirm(std::move(first));
  if (put || !certificate_ended(put.error())) co_return put;
  auto sign_anew = [&services, kind, delivery = record.delivery] {
    return services.ledger.amend(delivery, [&](ReceivedRecord& kept) -> Result<void> {
      const auto identities = services.identities.current();
      TRUC_TRY(receipt_in(kept, kind), sign_receipt(*identities, kind, kept, services.clock.now()));
      return success();
    });
  };
  auto anew = co_await services.pool.run(std::move(sign_anew));
  if (!anew) co_return std::move(anew).error();
  if (!anew.value()) co_return put;
  services.log.info("receipt.signed_anew",
                    {{"delivery", record.delivery.text()}, {"failure", put.error()}});
  auto second = confirmation_of(record, kind, receipt_in(*anew.value(), kind));
  auto again = co_await services.confirmations.confirm(std::move(second));
  co_return again;
}

}  // namespace truc::edge
