#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "hub/app/config.hpp"
#include "hub/app/gauges.hpp"
#include "hub/app/run_file.hpp"
#include "schemas/base/limits.hpp"
#include "tests/support/refusals.hpp"

namespace truc::hub {
namespace {

constexpr auto kNeeded = R"(
id = "h1"
data = "/d"
directory = "agencies.jsonl"
[tls]
key = "t.key"
chain = "t.pem"
[receipt]
key = "r.key"
chain = "r.pem"
[trust]
anchors = ["root.pem"]
crls = ["root.crl"]
)";

HubConfig read(const std::string& toml) {
  config::Reader reader(toml, "hub.toml");
  return read_hub_config(reader);
}

TEST_CASE("the least configuration gives a hub that needs nothing else", "[hub][app]") {
  const auto config = read(kNeeded);
  REQUIRE(config.fanout.kind == FanoutConfig::Kind::embedded);
  REQUIRE(config.agency_listener.address == "127.0.0.1");
  REQUIRE(config.agency_listener.port == 8'443);
  REQUIRE(config.verifiers >= 1);
}

TEST_CASE("every missing setting is named at once", "[hub][app]") {
  try {
    read("");
    FAIL("an empty configuration was taken");
  } catch (const config::ConfigError& error) {
    const std::string what = error.what();
    for (const char* key : {"id", "data", "directory", "tls.key", "tls.chain", "receipt.key",
                            "receipt.chain", "trust.anchors"}) {
      CAPTURE(key);
      REQUIRE(what.find(key) != std::string::npos);
    }
  }
}

TEST_CASE("revocation must be known from somewhere, by an address that can be asked",
          "[hub][app]") {
  channel::TrustSettings trust;
  trust.files.anchor_files = {"anchors.pem"};
  SECTION("neither a list nor a source") {}
  SECTION("a source without an address") {
    trust.sources = {{"issuing.pem", "", ""}};
  }
  SECTION("an address that is not plain HTTP") {
    trust.sources = {{"issuing.pem", "https://localhost/issuing.crl", ""}};
  }
  SECTION("an address that is none") {
    trust.sources = {{"issuing.pem", "", "http://"}};
  }
  SECTION("more sources than anybody has") {
    trust.sources.assign(limits::kRevocationSourcesMax + 1, {"issuing.pem", "http://a/b", ""});
  }
  REQUIRE_REFUSED(channel::load_kept_trust(trust, "kept", SystemClock().now()), malformed_config);
}

TEST_CASE("what is not a setting, or out of range, is refused", "[hub][app]") {
  const auto extra = GENERATE("[agency_listener]\nport = 65536\n", "[agency_listener]\nprot = 1\n",
                              "[fanout]\nkind = \"kafkaa\"\n", "[threads]\nreaders = 0\n",
                              "[log]\nlevel = \"loud\"\n", "[store]\nwal_damage = \"ignore\"\n");
  REQUIRE_THROWS_AS(read(std::string(kNeeded) + extra), config::ConfigError);
}

TEST_CASE("Kafka needs its brokers, and takes options for its security", "[hub][app]") {
  REQUIRE_THROWS_AS(read(std::string(kNeeded) + "[fanout]\nkind = \"kafka\"\n"),
                    config::ConfigError);
  const auto config = read(std::string(kNeeded) +
                           "[fanout]\nkind = \"kafka\"\nbootstrap = \"b:9092\"\n"
                           "[[fanout.security]]\nname = \"security.protocol\"\nvalue = \"ssl\"\n");
  REQUIRE(config.fanout.security.at("security.protocol") == "ssl");
}

TEST_CASE("run.json stands while the hub runs", "[hub][app]") {
  const auto folder = std::filesystem::temp_directory_path() / "truc-run-file-test";
  std::filesystem::create_directories(folder);
  {
    const auto file = RunFile::write(folder.string(), "h1", 1, 2);
    REQUIRE_OK(file);
    std::ifstream stream(folder / "run.json");
    std::string text;
    std::getline(stream, text);
    REQUIRE(text.find(R"("agency_port":1,"operator_port":2)") != std::string::npos);
  }
  REQUIRE_FALSE(std::filesystem::exists(folder / "run.json"));
  std::filesystem::remove_all(folder);
  REQUIRE_REFUSED(RunFile::write((folder / "gone").string(), "h1", 1, 2), file_failed);
}

TEST_CASE("totals that are kept elsewhere only grow", "[hub][app]") {
  telemetry::Metrics metrics;
  Gauges gauges(metrics);
  std::uint64_t value = 3;
  gauges.total("truc_test_total", "x", [&] { return value; });
  const auto shown = [&] {
    gauges.sample();
    return metrics.counter("truc_test_total", "x").value();
  };
  REQUIRE(shown() == 3);
  REQUIRE(shown() == 3);
  value = 5;
  REQUIRE(shown() == 5);
  value = 1;
  REQUIRE(shown() == 5);
}

}  // namespace
}  // namespace truc::hub
