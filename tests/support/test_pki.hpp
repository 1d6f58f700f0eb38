// A certificate authority for one test, made at run time by the truc-pki script. No key is ever in
// the repository.
//
//   TestPki pki;
//   auto signer = pki.agency("000.00.00.G22");           // pki::Credential, P-256
//   auto client = pki.system("00.53.W00", {"000.00.00.G22"});  // paths of TLS key and chain
//   auto trust = pki.trust();
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "pki/crypto/key.hpp"
#include "pki/trust/trust_store.hpp"

namespace truc::testing {

struct CredentialPaths {
  std::string key;
  std::string chain;

  pki::Credential load() const;  // aborts the test when it cannot be read
};

// Of a certificate that no command of truc-pki would make.
struct CustomCertificate {
  std::string name;        // of its folder
  std::string key = "ec";  // ec (P-256), or what openssl calls a key: "rsa:1024", "ec:secp256k1"
  std::string key_usage = "digitalSignature";
  std::string extended_usage = "1.3.6.1.5.5.7.3.36";  // empty: no such extension
  std::string alternative_names;                      // "URI:urn:truc:agency:…"; empty: none
  std::string digest = "sha256";
  std::string more_extensions;  // lines of OpenSSL's configuration
};

// Every object has a folder and revocations of its own; the authority's keys are made once a
// process.
class TestPki {
 public:
  TestPki();
  ~TestPki();
  TestPki(const TestPki&) = delete;
  TestPki& operator=(const TestPki&) = delete;

  // Made at the first call for a name, the same at every later one.
  pki::Credential agency(const std::string& code);  // P-256
  CredentialPaths agency_paths(const std::string& code);
  CredentialPaths agency_rsa_paths(const std::string& code);  // RSA-2048: takes its time
  CredentialPaths system(const std::string& id, const std::vector<std::string>& agencies);
  CredentialPaths hub(const std::string& id);           // TLS server, for localhost and 127.0.0.1
  CredentialPaths hub_receipts(const std::string& id);  // receipt signing
  CredentialPaths operator_client(const std::string& name);
  CredentialPaths custom(const CustomCertificate& wanted);

  // And writes fresh lists. `reason`: as truc-pki names it; empty: none.
  void revoke(const CredentialPaths& credential, const std::string& reason = "");
  // Runs `truc-pki COMMAND DIR REST...`; aborts the test when it fails.
  void run(const std::string& command, const std::vector<std::string>& rest);

  const std::string& dir() const { return dir_; }
  std::string anchors() const { return dir_ + "/anchors.pem"; }
  std::string issuing_list() const { return dir_ + "/crl/issuing.crl.pem"; }
  std::string root_list() const { return dir_ + "/crl/root.crl.pem"; }
  pki::TrustFiles trust_files() const;
  std::shared_ptr<const pki::TrustStore> trust() const;  // as the lists are now

 private:
  CredentialPaths made(const std::string& folder, const std::string& name,
                       const std::string& command, const std::vector<std::string>& rest);
  std::string dir_;
};

}  // namespace truc::testing
