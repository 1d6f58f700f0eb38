// A settings file: refused with words, or read so that the effective settings say the same again.
#include <chrono>

#include "schemas/base/check.hpp"
#include "schemas/config/reader.hpp"
#include "tests/fuzz/properties.hpp"

namespace {

using namespace truc;
using namespace std::chrono_literals;

// One setting of every kind. The effective settings, or nothing when they are refused.
std::optional<std::string> effective(std::string_view toml) {
  try {
    config::Reader reader(toml, "hub.toml");
    reader.text("store.path", "Folder of the store.", "/var/lib/truc");
    reader.text("api.tls.key", "File of the key.", "");
    reader.integer("api.port", "TCP port.", 8443, 0, 65'535);
    reader.flag("api.open", "Whether it is open.", false);
    reader.duration("api.wait", "How long to wait.", 30s, 1s, 1h);
    reader.choice("log.level", "What is logged.", {"debug", "info"}, "info");
    reader.texts("peers", "Whom to call.", std::vector<std::string>{});
    for (config::Reader* agency : reader.tables("agency", "An agency that is served.")) {
      agency->text("code", "Its code.");
      agency->duration("wait", "How long to wait.", 1s);
    }
    reader.finish();
    return reader.effective();
  } catch (const config::ConfigError& error) {
    TRUC_CHECK(!std::string_view(error.what()).empty(), "a refusal is never silent");
    return std::nullopt;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const auto first = effective(fuzz::as_text(bytes, size));
  if (!first) return 0;
  const auto second = effective(*first);
  TRUC_CHECK(second, "effective settings are settings");
  TRUC_CHECK(*second == *first, "effective settings say the same again");
  return 0;
}
