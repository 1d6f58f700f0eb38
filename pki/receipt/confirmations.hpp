// What a system says of its deliveries, many in one request (PR-HTTP, POST /v1/deliveries).
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pki/receipt/receipt.hpp"
#include "schemas/base/ids.hpp"
#include "schemas/base/limits.hpp"

namespace truc::pki {

// One line: the recipient's receipt, or that an item of kind receipt is taken.
struct Confirmation {
  DeliveryId delivery;
  std::optional<ReceiptKind> kind;  // delivered or registered; none: taken
  std::string receipt;              // exact text; empty when taken
};

// As many as a page of the mailbox shows, with receipts as long as one alone may be.
constexpr std::size_t kConfirmationsMax = limits::kMailboxPageMax;
constexpr std::size_t kConfirmationsBytesMax = kConfirmationsMax * limits::kHttpSmallBodyBytesMax;

// "DELIVERY/delivered RECEIPT", "DELIVERY/registered RECEIPT" or "DELIVERY/taken" on each line; at
// least one, at most kConfirmationsMax; the last one may end without a line feed. Failure:
// malformed_request, malformed_delivery_id; both with the line's number as the place.
Result<std::vector<Confirmation>> parse_confirmations(std::string_view body);

// 1 to kConfirmationsMax of them, without a line feed behind the last.
std::string write_confirmations(std::span<const Confirmation> confirmations);

}  // namespace truc::pki
