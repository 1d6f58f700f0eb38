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

}  // namespace

asio::awaitable<Result<void>> put_own_receipt(Services& services, pki::ReceiptKind kind,
                                              ReceivedRecord record) {
  auto put = co_await services.hub.put_receipt(record.delivery, kind, receipt_in(record, kind));
  if (put || !certificate_ended(put.error())) co_return put;
  auto sign_anew = [&services, kind, &record]() -> Result<void> {
    const auto identities = services.identities.current();
    TRUC_TRY(receipt_in(record, kind),
             sign_receipt(*identities, kind, record, services.clock.now()));
    return services.ledger.record(record);
  };
  auto signed_anew = co_await services.pool.run(std::move(sign_anew));
  if (!signed_anew) co_return signed_anew;
  services.log.info("receipt.signed_anew",
                    {{"delivery", record.delivery.text()}, {"failure", put.error()}});
  auto again = co_await services.hub.put_receipt(record.delivery, kind, receipt_in(record, kind));
  co_return again;
}

}  // namespace truc::edge
