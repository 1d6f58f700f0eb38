#include <catch2/catch.hpp>

#include "tests/support/envelopes.hpp"

using namespace truc;
using namespace truc::testing;

TEST_CASE("what is written is read again", "[edxml][read]") {
  const auto envelope = valid_envelope(sample_document_xml());
  CHECK(envelope.content().kind() == edxml::PackageKind::document);
  CHECK(envelope.content().from().organ_id == agency("000.00.00.G22"));
  const auto status = valid_envelope(sample_status_xml());
  CHECK(status.content().kind() == edxml::PackageKind::status);
}
