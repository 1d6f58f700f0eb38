#include "pki/receipt/confirmations.hpp"

namespace truc::pki {
namespace {

constexpr std::string_view kTaken = "taken";
constexpr std::size_t kFoundBytesMax = 80;

Failure malformed(std::string expected, std::string_view found) {
  return Failure(ErrorCode::malformed_request)
      .expected(std::move(expected))
      .found(std::string(found.substr(0, kFoundBytesMax)));
}

Result<Confirmation> parse_line(std::string_view line) {
  const auto slash = line.find('/');
  const auto space = line.find(' ');
  if (slash == std::string_view::npos || slash > space)
    return malformed("DELIVERY/delivered RECEIPT, DELIVERY/registered RECEIPT or DELIVERY/taken",
                     line);
  TRUC_TRY(const auto delivery, DeliveryId::parse(line.substr(0, slash)));
  const bool has_receipt = space != std::string_view::npos;
  const auto what = line.substr(slash + 1, has_receipt ? space - slash - 1 : space);
  if (what == kTaken && !has_receipt)
    return Confirmation{.delivery = delivery, .kind = std::nullopt, .receipt = {}};
  for (const auto kind : {ReceiptKind::delivered, ReceiptKind::registered}) {
    if (what != to_text(kind) || !has_receipt) continue;
    return Confirmation{
        .delivery = delivery, .kind = kind, .receipt = std::string(line.substr(space + 1))};
  }
  return malformed("delivered or registered with a receipt, or taken without one",
                   line.substr(slash + 1));
}

}  // namespace

Result<std::vector<Confirmation>> parse_confirmations(std::string_view body) {
  if (body.ends_with('\n')) body.remove_suffix(1);
  std::vector<Confirmation> confirmations;
  while (true) {  // ends: with the last line, or with one too many
    const auto place = "line " + std::to_string(confirmations.size() + 1);
    if (confirmations.size() == kConfirmationsMax) {
      return malformed("at most " + std::to_string(kConfirmationsMax) + " lines", "more").at(place);
    }
    const auto end = body.find('\n');
    auto confirmation = parse_line(body.substr(0, end));
    if (!confirmation) return std::move(confirmation).error().at(place);
    confirmations.push_back(std::move(confirmation).value());
    if (end == std::string_view::npos) return confirmations;
    body.remove_prefix(end + 1);
  }
}

std::string write_confirmations(std::span<const Confirmation> confirmations) {
  std::string lines;
  for (const auto& one : confirmations) {
    if (!lines.empty()) lines += '\n';
    lines.append(one.delivery.text()).append("/");
    if (one.kind) {
      lines.append(to_text(*one.kind)).append(" ").append(one.receipt);
    } else {
      lines.append(kTaken);
    }
  }
  return lines;
}

}  // namespace truc::pki
