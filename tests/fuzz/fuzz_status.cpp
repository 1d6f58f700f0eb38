// A status package: read, checked and written again.
#include "schemas/base/check.hpp"
#include "schemas/edxml/write.hpp"
#include "tests/fuzz/properties.hpp"
#include "tests/fuzz/xml_surgery.hpp"
#include "tests/support/envelopes.hpp"

namespace {

using namespace truc;

void require_written_again(const edxml::StatusContent& content) {
  const auto written = edxml::write_status(content);
  if (!written) return fuzz::require_sound(written.error());
  const auto again = testing::valid_envelope(written.value());
  TRUC_CHECK(again.content().status, "a status stays a status");
  TRUC_CHECK(*again.content().status == content, "what is read and written again reads the same");
}

}  // namespace

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* bytes, std::size_t size,
                                               std::size_t size_max, unsigned int seed) {
  return fuzz::mutate_xml(bytes, size, size_max, seed);
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const auto valid = fuzz::judged(fuzz::as_text(bytes, size));
  if (!valid) {
    fuzz::require_sound(valid.error());
  } else if (valid.value().content().status) {
    require_written_again(*valid.value().content().status);
  }
  return 0;
}
