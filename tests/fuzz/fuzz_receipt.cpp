// A receipt, and the claims in it. No mutation has the key: what verifies says what an original
// says.
#include <algorithm>

#include "pki/receipt/claims.hpp"
#include "schemas/base/check.hpp"
#include "tests/fuzz/golden.hpp"
#include "tests/fuzz/properties.hpp"

namespace {

using namespace truc;

const auto kTrust = fuzz::golden_trust();
const auto kNow = fuzz::golden_time();

const std::vector<std::string>& originals() {
  static const auto claims = [] {
    std::vector<std::string> texts;
    for (auto& json : fuzz::golden_files("receipt", "signed-")) {
      const auto verified = pki::verify_receipt(pki::Receipt(std::move(json)), *kTrust, kNow);
      texts.push_back(pki::write_claims(verified.value().claims()).value());
    }
    return texts;
  }();
  return claims;
}

void require_genuine(std::string_view json) {
  const auto verified = pki::verify_receipt(pki::Receipt(std::string(json)), *kTrust, kNow);
  if (!verified) return fuzz::require_sound(verified.error());
  const auto claims = pki::write_claims(verified.value().claims()).value();
  TRUC_CHECK(std::ranges::find(originals(), claims) != originals().end(),
             "only what was signed verifies");
  TRUC_CHECK(verified.value().receipt().json() == json, "a receipt is its text");
}

void require_one_spelling(std::string_view json) {
  const auto claims = pki::parse_claims(json);
  if (!claims) return fuzz::require_sound(claims.error());
  TRUC_CHECK(pki::write_claims(claims.value()).value() == json, "claims have one spelling");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const auto json = fuzz::as_text(bytes, size);
  require_genuine(json);
  require_one_spelling(json);
  return 0;
}
