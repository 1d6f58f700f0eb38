// Packages that were really signed, and what forgers make of them. No mutation has the key: what
// verifies says what one of the originals says, and has the profile's one signature.
#include <algorithm>

#include "pki/signature/profile.hpp"
#include "pki/signature/verify.hpp"
#include "schemas/base/check.hpp"
#include "tests/fuzz/golden.hpp"
#include "tests/fuzz/properties.hpp"
#include "tests/fuzz/xml_surgery.hpp"
#include "tests/support/envelopes.hpp"

namespace {

using namespace truc;

const auto kTrust = fuzz::golden_trust();
const auto kNow = fuzz::golden_time();

Result<pki::SignedEnvelope> verify(std::string bytes) {
  TRUC_TRY(auto envelope, edxml::read_envelope(std::move(bytes)));
  TRUC_TRY(auto valid, testing::rules().check(std::move(envelope)));
  return pki::verify_envelope(std::move(valid), *kTrust, kNow);
}

const std::vector<pki::SignedEnvelope>& originals() {
  static const auto signed_packages = [] {
    std::vector<pki::SignedEnvelope> packages;
    for (auto& bytes : fuzz::golden_files("signature", "signed-"))
      packages.push_back(verify(std::move(bytes)).value());
    return packages;
  }();
  return signed_packages;
}

bool says_the_same(const edxml::PackageContent& left, const edxml::PackageContent& right) {
  return left.document == right.document && left.status == right.status;
}

void require_original(const pki::SignedEnvelope& verified) {
  TRUC_CHECK(verified.signer() == verified.content().from().organ_id, "the sender signs");
  TRUC_CHECK(pki::find_signatures(verified.envelope().envelope().document()).size() == 1,
             "there is one signature");
  TRUC_CHECK(std::ranges::any_of(originals(),
                                 [&](const pki::SignedEnvelope& original) {
                                   return says_the_same(original.content(), verified.content());
                                 }),
             "only what was signed verifies");
}

}  // namespace

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* bytes, std::size_t size,
                                               std::size_t size_max, unsigned int seed) {
  return fuzz::mutate_xml(bytes, size, size_max, seed);
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const auto verified = verify(std::string(fuzz::as_text(bytes, size)));
  if (verified) {
    require_original(verified.value());
  } else {
    fuzz::require_sound(verified.error());
  }
  return 0;
}
