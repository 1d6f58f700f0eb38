#include "bench/nation/authority.hpp"

#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <array>
#include <fstream>
#include <utility>

#include "pki/crypto/handles.hpp"

extern char** environ;

namespace truc::bench {
namespace {

using pki::BigNumberHandle;
using pki::BioHandle;
using ExtensionHandle = pki::Handle<X509_EXTENSION, X509_EXTENSION_free>;

constexpr auto kOperator = "bench";
constexpr auto kDocumentSigning = "1.3.6.1.5.5.7.3.36";  // RFC 9336
constexpr int kRsaBits = 2'048;
constexpr long kBackdatedSeconds = 3'600;
constexpr long kValidSeconds = 30L * 24 * 3'600;
constexpr std::size_t kSerialOctets = 16;

using Key = std::shared_ptr<EVP_PKEY>;
using X509Pointer = std::shared_ptr<X509>;

Key owned(EVP_PKEY* key) {
  return Key(key, EVP_PKEY_free);
}
X509Pointer owned(X509* certificate) {
  return X509Pointer(certificate, X509_free);
}

Failure crypto_failure(std::string step) {
  return Failure(ErrorCode::crypto_failed).because(std::move(step));
}

Result<void> run(const std::filesystem::path& program, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), program.string());
  std::vector<char*> words;
  for (std::string& argument : arguments) words.push_back(argument.data());
  words.push_back(nullptr);
  pid_t pid = 0;
  if (posix_spawn(&pid, program.c_str(), nullptr, nullptr, words.data(), environ) != 0)
    return Failure(ErrorCode::file_failed).at(program.string()).because("it cannot be started");
  int status = 0;
  if (waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0)
    return success();
  return Failure(ErrorCode::internal).at(program.string()).because("truc-pki failed");
}

Result<Key> read_key(const std::filesystem::path& file) {
  const BioHandle in(BIO_new_file(file.c_str(), "r"));
  EVP_PKEY* key = in ? PEM_read_bio_PrivateKey(in.get(), nullptr, nullptr, nullptr) : nullptr;
  if (key == nullptr) return Failure(ErrorCode::key_unreadable).at(file.string());
  return owned(key);
}

// The first `count` certificates of a file.
Result<std::vector<X509Pointer>> read_chain(const std::filesystem::path& file, std::size_t count) {
  const BioHandle in(BIO_new_file(file.c_str(), "r"));
  std::vector<X509Pointer> chain;
  while (in && chain.size() < count) {
    X509* one = PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr);
    if (one == nullptr) break;
    chain.push_back(owned(one));
  }
  if (chain.size() < count) return Failure(ErrorCode::certificate_malformed).at(file.string());
  return chain;
}

bool add_extension(X509* certificate, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const ExtensionHandle extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()));
  return extension && X509_add_ext(certificate, extension.get(), -1) == 1;
}

bool set_serial(X509* certificate) {
  std::array<unsigned char, kSerialOctets> octets{};
  if (RAND_bytes(octets.data(), octets.size()) != 1) return false;
  octets.front() = static_cast<unsigned char>((octets.front() & 0x3F) | 0x40);  // positive, whole
  const BigNumberHandle number(BN_bin2bn(octets.data(), octets.size(), nullptr));
  return number && BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) != nullptr;
}

struct Profile {
  std::string subject;
  std::string key_usage;
  std::string extended_usage;
  std::string names;
};

bool describe(X509* certificate, X509* issuer, EVP_PKEY* key, const Profile& profile) {
  X509_NAME* subject = X509_get_subject_name(certificate);
  const auto* name = reinterpret_cast<const unsigned char*>(profile.subject.c_str());
  return X509_set_version(certificate, X509_VERSION_3) == 1 && set_serial(certificate) &&
         X509_gmtime_adj(X509_getm_notBefore(certificate), -kBackdatedSeconds) != nullptr &&
         X509_gmtime_adj(X509_getm_notAfter(certificate), kValidSeconds) != nullptr &&
         X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, name, -1, -1, 0) == 1 &&
         X509_set_issuer_name(certificate, X509_get_subject_name(issuer)) == 1 &&
         X509_set_pubkey(certificate, key) == 1 &&
         add_extension(certificate, issuer, NID_basic_constraints, "critical,CA:FALSE") &&
         add_extension(certificate, issuer, NID_key_usage, "critical," + profile.key_usage) &&
         add_extension(certificate, issuer, NID_ext_key_usage, profile.extended_usage) &&
         add_extension(certificate, issuer, NID_subject_key_identifier, "hash") &&
         add_extension(certificate, issuer, NID_authority_key_identifier, "keyid") &&
         add_extension(certificate, issuer, NID_subject_alt_name, profile.names);
}

Result<X509Pointer> issue(const Key& key, const X509Pointer& issuer, const Key& issuer_key,
                          const Profile& profile) {
  auto certificate = owned(X509_new());
  if (certificate && describe(certificate.get(), issuer.get(), key.get(), profile) &&
      X509_sign(certificate.get(), issuer_key.get(), EVP_sha256()) > 0)
    return certificate;
  return crypto_failure("certificate of " + profile.subject);
}

Result<void> write_credential(const std::filesystem::path& folder, EVP_PKEY* key, X509* leaf,
                              X509* issuer) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  const mode_t before = umask(077);
  const BioHandle key_out(BIO_new_file((folder / "sign.key").c_str(), "w"));
  const BioHandle chain_out(BIO_new_file((folder / "sign.chain.pem").c_str(), "w"));
  umask(before);
  if (key_out && chain_out &&
      PEM_write_bio_PrivateKey(key_out.get(), key, nullptr, nullptr, 0, nullptr, nullptr) == 1 &&
      PEM_write_bio_X509(chain_out.get(), leaf) == 1 &&
      PEM_write_bio_X509(chain_out.get(), issuer) == 1 && BIO_flush(key_out.get()) == 1 &&
      BIO_flush(chain_out.get()) == 1)
    return success();
  return Failure(ErrorCode::file_failed).at(folder.string());
}

}  // namespace

Result<std::unique_ptr<Authority>> Authority::open(const std::filesystem::path& folder,
                                                   const std::filesystem::path& program,
                                                   const std::string& address) {
  if (!std::filesystem::exists(folder / "anchors.pem")) {
    TRUC_TRY(run(program, {"init", folder}));
    TRUC_TRY(run(program, {"hub", folder, kHubId, "--dns", "localhost", "--ip", address}));
    TRUC_TRY(run(program, {"operator", folder, kOperator}));
  }
  std::unique_ptr<Authority> authority(new Authority(folder));
  TRUC_TRY(authority->load());
  return authority;
}

Result<void> Authority::load() {
  TRUC_TRY(issuing_key_, read_key(folder_ / "ca/issuing.key"));
  TRUC_TRY(const auto chain, read_chain(folder_ / "ca/issuing.pem", 1));
  issuing_ = chain.front();
  return success();
}

Result<std::shared_ptr<const pki::TrustStore>> Authority::trust() const {
  pki::TrustFiles files;
  files.anchor_files = {anchors()};
  files.crl_files = {root_list(), issuing_list()};
  return pki::TrustStore::load(files);
}

Result<Identity> Authority::system(const SystemId& system,
                                   const std::vector<AgencyCode>& agencies) {
  auto key = owned(EVP_EC_gen("P-256"));
  if (!key) return crypto_failure("key of a system");
  std::string names = "URI:" + std::string(pki::kSystemUri) + system.text();
  for (const AgencyCode& code : agencies)
    names += ",URI:" + std::string(pki::kAgencyUri) + code.text();
  const Profile profile{"system " + system.text(), "digitalSignature", "clientAuth", names};
  TRUC_TRY(auto certificate, issue(key, issuing_, issuing_key_, profile));
  return Identity{std::move(key), std::move(certificate), issuing_};
}

Result<Identity> Authority::operator_client() const {
  const auto folder = folder_ / "operators" / kOperator;
  TRUC_TRY(auto key, read_key(folder / "tls.key"));
  TRUC_TRY(const auto chain, read_chain(folder / "tls.chain.pem", 2));
  return Identity{std::move(key), chain[0], chain[1]};
}

Result<std::shared_ptr<evp_pkey_st>> Authority::signing_key(SigningKey kind) {
  if (kind == SigningKey::rsa && signing_keys_.size() == kSigningKeys)
    return signing_keys_[agencies_++ % kSigningKeys];
  auto fresh = owned(kind == SigningKey::rsa ? EVP_RSA_gen(kRsaBits) : EVP_EC_gen("P-256"));
  if (!fresh) return crypto_failure("key of an agency");
  if (kind == SigningKey::rsa) signing_keys_.push_back(fresh);
  return fresh;
}

Result<pki::Credential> Authority::agency(const AgencyCode& code, SigningKey kind) {
  TRUC_TRY(const auto key, signing_key(kind));
  const Profile profile{"agency " + code.text(), "digitalSignature,nonRepudiation",
                        kDocumentSigning, "URI:" + std::string(pki::kAgencyUri) + code.text()};
  TRUC_TRY(const auto certificate, issue(key, issuing_, issuing_key_, profile));
  const auto folder = folder_ / "agencies" / code.text();
  TRUC_TRY(write_credential(folder, key.get(), certificate.get(), issuing_.get()));
  return pki::Credential::load(folder / "sign.key", folder / "sign.chain.pem");
}

}  // namespace truc::bench
