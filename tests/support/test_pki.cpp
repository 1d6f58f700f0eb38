#include "tests/support/test_pki.hpp"

#include <stdlib.h>

#include <cstdio>
#include <filesystem>
#include <fstream>

#include "schemas/base/check.hpp"
#include "schemas/base/problem.hpp"
#include "tests/support/run_program.hpp"

namespace truc::testing {
namespace {

namespace fs = std::filesystem;

const std::string kScript = TRUC_SOURCE_DIR "/pki/ca/truc-pki";

class TemporaryFolder {
 public:
  TemporaryFolder() : path_(fs::temp_directory_path() / "truc-pki.XXXXXX") {
    TRUC_CHECK(::mkdtemp(path_.data()) != nullptr, "tests may write into the temporary folder");
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// Root and issuing authority of this process, which every TestPki begins with a copy of.
const std::string& pristine_authority() {
  static const TemporaryFolder folder;
  static const std::string authority = [] {
    std::string path = folder.path() + "/ca";
    require_program({kScript, "init", path});
    return path;
  }();
  return authority;
}

template <class T>
T require(Result<T> result) {
  if (!result) std::fprintf(stderr, "%s\n", to_log_line(result.error()).c_str());
  TRUC_CHECK(result, "the test's preparation works");
  return std::move(result).value();
}

std::string names_list(const CustomCertificate& wanted) {
  std::string lines = "[req]\ndistinguished_name = dn\n[dn]\n[leaf]\n";
  const auto line = [&lines](const std::string& key, const std::string& value) {
    if (!value.empty()) lines += key + " = " + value + "\n";
  };
  line("basicConstraints", "critical, CA:FALSE");
  line("keyUsage", wanted.key_usage);
  line("extendedKeyUsage", wanted.extended_usage);
  line("subjectKeyIdentifier", "hash");
  line("authorityKeyIdentifier", "keyid");
  line("subjectAltName", wanted.alternative_names);
  return lines + wanted.more_extensions;
}

std::string file_text(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

pki::Credential CredentialPaths::load() const {
  return require(pki::Credential::load(key, chain));
}

TestPki::TestPki() {
  std::string path = fs::temp_directory_path() / "truc-test-pki.XXXXXX";
  TRUC_CHECK(::mkdtemp(path.data()) != nullptr, "tests may write into the temporary folder");
  dir_ = path;
  fs::copy(pristine_authority(), dir_,
           fs::copy_options::recursive | fs::copy_options::overwrite_existing);
}

TestPki::~TestPki() {
  std::error_code ignored;
  fs::remove_all(dir_, ignored);
}

void TestPki::run(const std::string& command, const std::vector<std::string>& rest) {
  std::vector<std::string> arguments = {kScript, command, dir_};
  arguments.insert(arguments.end(), rest.begin(), rest.end());
  require_program(arguments);
}

CredentialPaths TestPki::made(const std::string& folder, const std::string& name,
                              const std::string& command, const std::vector<std::string>& rest) {
  const std::string path = dir_ + "/" + folder;
  if (!fs::exists(path)) run(command, rest);
  return {path + "/" + name + ".key", path + "/" + name + ".chain.pem"};
}

pki::Credential TestPki::agency(const std::string& code) {
  return agency_paths(code).load();
}

CredentialPaths TestPki::agency_paths(const std::string& code) {
  return made("agencies/" + code, "sign", "agency", {code, "--ec"});
}

CredentialPaths TestPki::agency_rsa_paths(const std::string& code) {
  return made("agencies/" + code, "sign", "agency", {code, "--rsa"});
}

CredentialPaths TestPki::system(const std::string& id, const std::vector<std::string>& agencies) {
  std::vector<std::string> arguments = {id};
  arguments.insert(arguments.end(), agencies.begin(), agencies.end());
  return made("systems/" + id, "tls", "system", arguments);
}

CredentialPaths TestPki::hub(const std::string& id) {
  return made("hub/" + id, "tls", "hub", {id});
}

CredentialPaths TestPki::hub_receipts(const std::string& id) {
  return made("hub/" + id, "receipt", "hub", {id});
}

CredentialPaths TestPki::operator_client(const std::string& name) {
  return made("operators/" + name, "tls", "operator", {name});
}

CredentialPaths TestPki::custom(const CustomCertificate& wanted) {
  const std::string folder = dir_ + "/custom/" + wanted.name;
  fs::create_directories(folder);
  CredentialPaths paths{folder + "/key.pem", folder + "/chain.pem"};
  const std::string config = folder + "/openssl.cnf";
  std::ofstream(config) << names_list(wanted);
  std::vector<std::string> arguments = {"openssl", "req", "-x509", "-noenc", "-" + wanted.digest};
  const auto add = [&arguments](std::initializer_list<std::string> more) {
    arguments.insert(arguments.end(), more);
  };
  if (wanted.key == "ec") {
    add({"-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"});
  } else if (wanted.key.starts_with("ec:")) {
    add({"-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:" + wanted.key.substr(3)});
  } else {
    add({"-newkey", wanted.key});
  }
  add({"-CA", dir_ + "/ca/issuing.pem", "-CAkey", dir_ + "/ca/issuing.key", "-days", "30", "-subj",
       "/O=Test/CN=" + wanted.name, "-config", config, "-extensions", "leaf", "-keyout", paths.key,
       "-out", folder + "/leaf.pem"});
  require_program(arguments);
  fs::permissions(paths.key, fs::perms::owner_read | fs::perms::owner_write);
  std::ofstream(paths.chain) << file_text(folder + "/leaf.pem")
                             << file_text(dir_ + "/ca/issuing.pem");
  return paths;
}

void TestPki::revoke(const CredentialPaths& credential, const std::string& reason) {
  std::vector<std::string> rest = {credential.chain};
  if (!reason.empty()) rest.insert(rest.end(), {"--reason", reason});
  run("revoke", rest);
}

pki::TrustFiles TestPki::trust_files() const {
  pki::TrustFiles files;
  files.anchor_files = {anchors()};
  files.crl_files = {root_list(), issuing_list()};
  return files;
}

std::shared_ptr<const pki::TrustStore> TestPki::trust() const {
  return require(pki::TrustStore::load(trust_files()));
}

}  // namespace truc::testing
