// Many confirmations in one request: what is read says, written again, what was sent.
#include "hub/receipts/confirmations.hpp"
#include "schemas/base/check.hpp"
#include "tests/fuzz/properties.hpp"

namespace {

using namespace truc;

std::string written_again(const std::vector<hub::Confirmation>& confirmations) {
  std::string lines;
  for (const auto& one : confirmations) {
    lines += one.delivery.text() + '/';
    lines += one.kind ? std::string(to_text(*one.kind)) + ' ' + one.receipt : "taken";
    lines += '\n';
  }
  return lines;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const auto body = fuzz::as_text(bytes, size);
  const auto confirmations = hub::parse_confirmations(body);
  if (!confirmations) {
    fuzz::require_sound(confirmations.error());
    return 0;
  }
  const auto& read = confirmations.value();
  TRUC_CHECK(!read.empty() && read.size() <= hub::kConfirmationsMax, "their number has bounds");
  const auto again = written_again(read);
  TRUC_CHECK(again == body || again == std::string(body) + '\n', "a line has one spelling");
  return 0;
}
