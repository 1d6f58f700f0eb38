// Many confirmations in one request: what is read says, written again, what was sent.
#include "pki/receipt/confirmations.hpp"
#include "schemas/base/check.hpp"
#include "tests/fuzz/properties.hpp"

using namespace truc;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const auto body = fuzz::as_text(bytes, size);
  const auto confirmations = pki::parse_confirmations(body);
  if (!confirmations) {
    fuzz::require_sound(confirmations.error());
    return 0;
  }
  const auto& read = confirmations.value();
  TRUC_CHECK(!read.empty() && read.size() <= pki::kConfirmationsMax, "their number has bounds");
  const auto again = pki::write_confirmations(read);
  TRUC_CHECK(body == again || body == again + '\n', "a line has one spelling");
  return 0;
}
