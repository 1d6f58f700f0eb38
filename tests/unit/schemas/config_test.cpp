#include <catch2/catch.hpp>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "schemas/base/limits.hpp"
#include "schemas/config/duration_text.hpp"
#include "schemas/config/nearest.hpp"
#include "schemas/config/reader.hpp"

namespace truc::config {
namespace {

using namespace std::chrono_literals;
using Catch::Matchers::Contains;

// Declares what these tests need, and says what finish() says.
std::string faults_of(const std::string& toml) {
  Reader reader(toml, "hub.toml");
  reader.text("store.path", "Folder of the store.");
  reader.integer("api.port", "TCP port.", 8443, 0, 65'535);
  reader.flag("api.open", "Whether it is open.", false);
  reader.duration("api.wait", "How long to wait.", 30s, 1s, 1h);
  reader.choice("log.level", "What is logged.", {"debug", "info"}, "info");
  reader.texts("peers", "Whom to call.", std::vector<std::string>{});
  for (Reader* agency : reader.tables("agency", "An agency that is served.")) {
    agency->text("code", "Its code.");
    agency->text("tls.key", "File of its key.", "");
  }
  try {
    reader.finish();
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "";
}

struct TemporaryFile {
  explicit TemporaryFile(const std::string& content) {
    std::string pattern = (std::filesystem::temp_directory_path() / "truc_config_XXXXXX").string();
    path = ::mkdtemp(pattern.data());
    file = path / "hub.toml";
    std::ofstream(file) << content;
  }
  ~TemporaryFile() { std::filesystem::remove_all(path); }
  std::filesystem::path path;
  std::filesystem::path file;
};

}  // namespace

TEST_CASE("settings are read with the values of the file", "[config]") {
  Reader reader(R"(peers = ["a", "b"]
[store]
path = "/srv/truc"
[api]
port = 0
open = true
wait = "1500ms"
[log]
level = "debug"
)",
                "hub.toml");
  CHECK(reader.text("store.path", "Folder.") == "/srv/truc");
  CHECK(reader.integer("api.port", "Port.", 8443, 0, 65'535) == 0);
  CHECK(reader.flag("api.open", "Open.", false));
  CHECK(reader.duration("api.wait", "Wait.", 30s) == 1500ms);
  CHECK(reader.choice("log.level", "Level.", {"debug", "info"}) == "debug");
  CHECK(reader.texts("peers", "Peers.") == std::vector<std::string>{"a", "b"});
  CHECK_NOTHROW(reader.finish());
}

TEST_CASE("a setting that is absent takes its default", "[config]") {
  Reader reader("", "hub.toml");
  CHECK(reader.text("store.path", "Folder.", "/var") == "/var");
  CHECK(reader.integer("api.port", "Port.", 8443, 0, 65'535) == 8443);
  CHECK_FALSE(reader.flag("api.open", "Open.", false));
  CHECK(reader.duration("api.wait", "Wait.", 30s) == 30s);
  CHECK(reader.choice("log.level", "Level.", {"debug", "info"}, "info") == "info");
  CHECK(reader.texts("peers", "Peers.", std::vector<std::string>{"x"}).front() == "x");
  CHECK(reader.tables("agency", "Agency.").empty());
  CHECK_NOTHROW(reader.finish());
}

TEST_CASE("a setting without default must be there", "[config]") {
  CHECK(faults_of("") ==
        "hub.toml: 1 fault\n"
        "  hub.toml: store.path: required but missing; expected text (Folder of the store.)");
}

TEST_CASE("all faults are told at once, in the order of the file", "[config]") {
  const std::string faults = faults_of(R"([store]
pth = "/srv"
[api]
port = 65536
wait = 30
[log]
level = "loud"
[[agency]]
code = "G22"
[[agency]]
cod = "G12"
)");
  CHECK(faults ==
        "hub.toml: 7 faults\n"
        "  hub.toml:2: store.pth: unknown; did you mean store.path?\n"
        "  hub.toml:4: api.port: expected an integer from 0 to 65535, found 65536\n"
        "  hub.toml:5: api.wait: expected a duration such as \"30s\" (ms, s, min, h, d) from 1s to "
        "1h, found 30\n"
        "  hub.toml:7: log.level: expected one of \"debug\", \"info\", found \"loud\"\n"
        "  hub.toml:11: agency[2].cod: unknown; did you mean code?\n"
        "  hub.toml: agency[2].code: required but missing; expected text (Its code.)\n"
        "  hub.toml: store.path: required but missing; expected text (Folder of the store.)");
}

TEST_CASE("a value of another type is refused, never converted", "[config]") {
  const std::string start = "store.path = '/srv'\n";
  const auto [line, expected] = GENERATE(table<std::string, std::string>({
      {"api.port = 8443.0", "api.port: expected an integer"},
      {"api.port = '8443'", "api.port: expected an integer"},
      {"api.port = true", "api.port: expected an integer"},
      {"api.port = -1", "api.port: expected an integer from 0 to 65535, found -1"},
      {"api.port = [1]", "found an array"},
      {"api.port = {a = 1}", "found a table"},
      {"api.open = 1", "api.open: expected true or false, found 1"},
      {"api.open = 'yes'", "api.open: expected true or false"},
      {"api.wait = '999ms'", "from 1s to 1h, found \"999ms\""},
      {"api.wait = '61min'", "from 1s to 1h, found \"61min\""},
      {"api.wait = '30'", "api.wait: expected a duration"},
      {"log.level = 'INFO'", "log.level: expected one of"},
      {"log.level = 1", "log.level: expected one of"},
      {"peers = 'a'", "peers: expected an array of texts, none empty, found \"a\""},
      {"peers = ['a', 1]", "peers: expected an array of texts"},
      {"peers = ['']", "peers: expected an array of texts"},
      {"api = 1", "api: expected a table, found 1"},
      {"agency = 1", "agency: expected tables, each under [[agency]], found 1"},
      {"agency = [1]", "agency: expected tables"},
      {"[agency]", "agency: expected tables"},
      {"[[agency]]\ncode = ''", "agency[1].code: expected text, found \"\""},
      {"[[agency]]\ncode = 'G22'\ntls = 1", "agency[1].tls: expected a table, found 1"},
  }));
  const std::string faults = faults_of(start + line);
  CHECK_THAT(faults, Contains("1 fault\n") && Contains(expected));
}

TEST_CASE("an unknown key or table is refused with the nearest known one", "[config]") {
  const std::string start = "store.path = '/srv'\n";
  const auto [line, expected] = GENERATE(table<std::string, std::string>({
      {"api.prot = 1", "api.prot: unknown; did you mean api.port?"},
      {"port = 1", "port: unknown; did you mean api.port?"},
      {"[apii]\nport = 1", "apii: unknown; did you mean api?"},
      {"[agncy]\ncode = 'G22'", "agncy: unknown; did you mean agency?"},
      {"[[peer]]\nx = 1", "peer: unknown; did you mean peers?"},
      {"api.completely_else = 1", "api.completely_else: unknown"},
      {"zzzzzzzz = 1", "zzzzzzzz: unknown"},
      {"[[agency]]\ncode = 'G22'\ntls.kye = 'x'",
       "agency[1].tls.kye: unknown; did you mean tls.key?"},
  }));
  const std::string faults = faults_of(start + line);
  CHECK_THAT(faults, Contains("1 fault\n") && Catch::Matchers::EndsWith(expected));
}

TEST_CASE("a text that is not TOML is refused with its line", "[config]") {
  CHECK_THROWS_WITH(Reader("a = 1\nb = = 2\n", "hub.toml"), Contains("hub.toml:2: not TOML"));
  CHECK_THROWS_WITH(Reader("a = 1\na = 2\n", "hub.toml"), Contains("hub.toml:2: not TOML"));
  CHECK_THROWS_AS(Reader("a = '\xFF'\n", "hub.toml"), ConfigError);
}

TEST_CASE("a text may be empty only when its default is", "[config]") {
  Reader reader("free = ''\nbound = ''\n", "x.toml");
  CHECK(reader.text("free", "Free.", "").empty());
  reader.text("bound", "Bound.", "default");
  CHECK_THROWS_WITH(reader.finish(), Contains("1 fault") && Contains("bound: expected text"));
}

TEST_CASE("the effective configuration reads back to itself", "[config]") {
  const std::string toml = R"(peers = ["ministry \"A\"", "b"]
[store]
path = "C:\\tr\u1ee5c"
[[agency]]
code = "G22"
tls.key = "g22.pem"
[[agency]]
code = "H37"
)";
  const auto effective = [](const std::string& text) {
    Reader reader(text, "hub.toml");
    reader.text("store.path", "Folder of the store.");
    reader.duration("api.wait", "How long to wait.", 90s);
    reader.texts("peers", "Whom to call.");
    reader.integer("store.shares", "Number of shares.", 8, 1, 64);
    for (Reader* agency : reader.tables("agency", "An agency that is served.")) {
      agency->text("code", "Its code.");
      agency->text("tls.key", "File of its key.", "");
    }
    reader.tables("route", "An exception.");
    reader.finish();
    return reader.effective();
  };
  const std::string first = effective(toml);
  CHECK(effective(first) == first);
  CHECK_THAT(first, Contains("[api]\n# How long to wait.\n"
                             "# Expects a duration such as \"30s\" (ms, s, min, h, d) from 0s to "
                             "3650d; default \"90s\".\nwait = \"90s\"\n"));
  CHECK_THAT(first, Contains("# Number of shares.\n# Expects an integer from 1 to 64; default 8.\n"
                             "shares = 8\n"));
  CHECK_THAT(first, Contains("# There is no [[route]].\n"));
  CHECK_THAT(first, Contains("[agency.tls]"));
}

TEST_CASE("a file is read whole, and one that cannot be is refused by name", "[config]") {
  const TemporaryFile good("port = 1\n");
  const auto reader = Reader::from_file(good.file.string());
  CHECK(reader->integer("port", "Port.", std::nullopt, 0, 9) == 1);
  CHECK_NOTHROW(reader->finish());

  CHECK_THROWS_WITH(Reader::from_file((good.path / "absent.toml").string()),
                    Contains("absent.toml: cannot be opened: No such file"));
  CHECK_THROWS_WITH(Reader::from_file(good.path.string()), Contains("cannot be read"));
}

TEST_CASE("a file of the greatest size is read, one byte more is refused", "[config]") {
  const TemporaryFile full("#" + std::string(limits::kConfigBytesMax - 1, 'x'));
  CHECK_NOTHROW(Reader::from_file(full.file.string())->finish());
  const TemporaryFile over("#" + std::string(limits::kConfigBytesMax, 'x'));
  CHECK_THROWS_WITH(Reader::from_file(over.file.string()), Contains("larger than 1048576 bytes"));
}

TEST_CASE("a duration is digits and a unit, and nothing else", "[config]") {
  CHECK(parse_duration("0s") == 0ms);
  CHECK(parse_duration("500ms") == 500ms);
  CHECK(parse_duration("30s") == 30s);
  CHECK(parse_duration("5min") == 5min);
  CHECK(parse_duration("12h") == 12h);
  CHECK(parse_duration("7d") == 7 * 24h);
  CHECK(parse_duration("9223372036854775807ms").has_value());
  for (const char* text : {"", "s", "30", "-1s", "+1s", " 1s", "1 s", "1s ", "1.5s", "1m", "1S",
                           "0x1s", "9223372036854775808ms", "106751991168d"})
    CHECK_FALSE(parse_duration(text).has_value());
}

TEST_CASE("a duration is written in the largest unit that leaves no rest", "[config]") {
  for (const char* text : {"0s", "1ms", "1500ms", "90s", "1min", "36h", "1d"})
    CHECK(write_duration(parse_duration(text).value()) == text);
  CHECK(write_duration(3'600'000ms) == "1h");
}

TEST_CASE("the nearest key is near, or there is none", "[config]") {
  const std::vector<std::string> keys = {"api.port", "store.path", "log.level"};
  CHECK(nearest("api.prt", keys) == "api.port");
  CHECK(nearest("stor.path", keys) == "store.path");
  CHECK(nearest("level", keys) == "log.level");
  CHECK_FALSE(nearest("zzz", keys).has_value());
  CHECK_FALSE(nearest("api.port", {}).has_value());
}

}  // namespace truc::config
