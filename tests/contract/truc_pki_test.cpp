// The authority's script as somebody runs it: layout, permissions, refusals.
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "tests/support/run_program.hpp"
#include "tests/support/test_pki.hpp"

namespace truc::testing {
namespace {

namespace fs = std::filesystem;

const std::string kScript = TRUC_BIN_DIR "/truc-pki";

ProgramResult truc_pki(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), kScript);
  return run_program(arguments);
}

std::string file_text(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

TEST_CASE("every command writes what the help says, keys for the owner only", "[ca]") {
  TestPki pki;
  const auto& dir = pki.dir();
  pki.run("hub", {"vn1", "--dns", "truc.example.vn", "--ip", "10.0.0.1"});
  pki.run("system", {"00.53.W00", "H37.02", "H37.03"});
  pki.run("agency", {"H37.02", "H37.03", "H37.04", "--ec"});
  std::ofstream(dir + "/password") << "secret\n";
  pki.run("operator", {"an", "--p12", dir + "/password"});
  for (const auto* folder : {"hub/vn1/tls", "hub/vn1/receipt", "systems/00.53.W00/tls",
                             "agencies/H37.02/sign", "agencies/H37.04/sign", "operators/an/tls"}) {
    const std::string path = dir + "/" + folder;
    CAPTURE(path);
    REQUIRE(fs::exists(path + ".chain.pem"));
    const auto mode = fs::status(path + ".key").permissions();
    REQUIRE((mode & (fs::perms::group_all | fs::perms::others_all)) == fs::perms::none);
  }
  require_program({"openssl", "pkcs12", "-in", dir + "/operators/an/tls.p12", "-passin",
                   "pass:secret", "-noout"});
  const auto names = require_program({"openssl", "x509", "-in", dir + "/hub/vn1/tls.chain.pem",
                                      "-noout", "-ext", "subjectAltName"});
  REQUIRE(names.find("DNS:truc.example.vn, IP Address:10.0.0.1, URI:urn:truc:hub:vn1") !=
          std::string::npos);
}

TEST_CASE("nothing is overwritten unless asked for, and never an authority", "[ca]") {
  TestPki pki;
  const auto paths = pki.agency_paths("H37.02");
  const std::string before = file_text(paths.key);
  REQUIRE(truc_pki({"agency", pki.dir(), "H37.02", "--ec"}).exit_code == 1);
  REQUIRE(file_text(paths.key) == before);
  REQUIRE(truc_pki({"agency", pki.dir(), "H37.02", "--ec", "--force"}).exit_code == 0);
  REQUIRE(file_text(paths.key) != before);
  const std::string authority = file_text(pki.dir() + "/ca/issuing.key");
  REQUIRE(truc_pki({"init", pki.dir(), "--force"}).exit_code == 1);
  REQUIRE(file_text(pki.dir() + "/ca/issuing.key") == authority);
}

TEST_CASE("a command that fails leaves nothing half made", "[ca]") {
  TestPki pki;
  REQUIRE(truc_pki({"operator", pki.dir(), "an", "--p12", pki.dir() + "/none"}).exit_code == 1);
  REQUIRE(fs::is_empty(pki.dir() + "/operators"));
  REQUIRE(truc_pki({"operator", pki.dir(), "an"}).exit_code == 0);
}

TEST_CASE("what is not understood is told, with exit 2", "[ca]") {
  TestPki pki;
  const auto& dir = pki.dir();
  const std::vector<std::vector<std::string>> misuses = {
      {},
      {"sign", dir},
      {"init"},
      {"agency", dir},
      {"agency", dir, "h37.02"},
      {"agency", dir, "../x"},
      {"agency", dir, std::string(36, 'A')},
      {"agency", dir, "H37,URI:urn:truc:agency:H38"},
      {"system", dir, "00.53.W00"},
      {"system", dir, "00.53.W00", "H37..02"},
      {"hub", dir, "vn 1"},
      {"hub", dir, "vn1", "--dns", "a,DNS:b"},
      {"operator", dir, "An"},
      {"operator", dir, "an", "--rsa"},
      {"crl", dir, "--days", "0"},
      {"crl", dir, "--days"},
      {"crl", dir, "--no-such"},
      {"crl", dir, "extra"},
  };
  for (const auto& arguments : misuses) {
    const auto result = truc_pki(arguments);
    CAPTURE(arguments, result.output);
    REQUIRE(result.exit_code == 2);
    REQUIRE(result.output.find("truc-pki: ") != std::string::npos);
  }
  REQUIRE(truc_pki({"--help"}).exit_code == 0);
  REQUIRE(truc_pki({"agency", "--help"}).exit_code == 0);
}

TEST_CASE("what cannot be done is told, with exit 1", "[ca]") {
  TestPki pki;
  REQUIRE(truc_pki({"agency", pki.dir() + "/none", "H37.02"}).exit_code == 1);
  REQUIRE(truc_pki({"revoke", pki.dir(), pki.dir() + "/none"}).exit_code == 1);
  REQUIRE(truc_pki({"revoke", pki.dir(), kScript}).exit_code == 1);
  const std::string foreign = pki.dir() + "/foreign.pem";
  require_program({"openssl", "req", "-x509", "-noenc", "-newkey", "ec", "-pkeyopt",
                   "ec_paramgen_curve:P-256", "-subj", "/CN=foreign", "-keyout",
                   pki.dir() + "/foreign.key", "-out", foreign});
  REQUIRE(truc_pki({"revoke", pki.dir(), foreign}).exit_code == 1);
  const auto agency = pki.agency_paths("H37.02");
  REQUIRE(truc_pki({"revoke", pki.dir(), agency.chain}).exit_code == 0);
  REQUIRE(truc_pki({"revoke", pki.dir(), agency.chain}).exit_code == 1);
}

}  // namespace truc::testing
