// Our receipts for what we received, on their way to the hub.
#pragma once

#include <boost/asio/awaitable.hpp>

#include "edge-adapter/spool/ledger.hpp"
#include "edge-adapter/uplink/services.hpp"
#include "pki/receipt/receipt.hpp"

namespace truc::edge {

namespace asio = boost::asio;

// The one in `record`, `delivered` or `registered`, as it is. The hub judges its certificate as of
// today: when that ended or was revoked while the receipt waited here, the receipt is signed anew,
// once a call, by today's certificate, and is in the ledger before it is put. Failures: the hub's;
// those of sign_receipt; file_failed.
asio::awaitable<Result<void>> put_own_receipt(Services& services, pki::ReceiptKind kind,
                                              ReceivedRecord record);

}  // namespace truc::edge
