// An entry of the journal: refused by name, or read so that it is written the same again.
#include "hub/store/entries.hpp"
#include "schemas/base/check.hpp"
#include "tests/fuzz/properties.hpp"

namespace {

using namespace truc;

std::string written(const hub::Entry& entry) {
  return std::visit([](const auto& one) { return hub::to_entry(one); }, entry);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const auto entry = hub::parse_entry(fuzz::as_text(bytes, size));
  if (!entry) {
    fuzz::require_sound(entry.error());
    return 0;
  }
  // What a hub does with it depends on this form alone.
  const auto once = written(entry.value());
  const auto again = hub::parse_entry(once);
  TRUC_CHECK(again, "what was written is an entry");
  TRUC_CHECK(written(again.value()) == once, "and is written the same again");
  return 0;
}
