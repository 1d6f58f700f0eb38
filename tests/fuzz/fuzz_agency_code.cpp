// Identifiers as peers write them: what parses is what was written, and nothing else parses.
#include "schemas/base/check.hpp"
#include "schemas/base/ids.hpp"
#include "schemas/base/limits.hpp"
#include "tests/fuzz/properties.hpp"

namespace {

using namespace truc;

template <class Id>
void require_round_trip(std::string_view text) {
  const auto id = Id::parse(text);
  if (!id) return fuzz::require_sound(id.error());
  TRUC_CHECK(id.value().text() == text, "an identifier has one spelling");
}

void require_agency_code(std::string_view text) {
  const auto code = AgencyCode::parse(text);
  if (!code) return fuzz::require_sound(code.error());
  TRUC_CHECK(code.value().text() == text, "a code is an opaque key");
  TRUC_CHECK(text.size() <= limits::kAgencyCodeLengthMax, "a code has a limit");
  const bool irregular = code.value().generation() == AgencyCode::Generation::irregular;
  const auto level = code.value().implied_level();
  TRUC_CHECK(!irregular || !level, "an irregular code implies no level");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const auto text = fuzz::as_text(bytes, size);
  require_agency_code(text);
  require_round_trip<SystemId>(text);
  require_round_trip<DocumentId>(text);
  require_round_trip<TransferId>(text);
  require_round_trip<DeliveryId>(text);
  return 0;
}
