#include <atomic>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <thread>

#include "pki/trust/aging_cache.hpp"
#include "pki/trust/peer_identity.hpp"
#include "pki/trust/trust_store.hpp"
#include "tests/support/refusals.hpp"
#include "tests/support/run_program.hpp"
#include "tests/support/test_pki.hpp"

namespace truc::pki {
namespace {

using namespace std::chrono_literals;
using testing::CredentialPaths;
using testing::CustomCertificate;
using testing::TestPki;

constexpr auto kDay = 24h;

Time now() {
  return SystemClock().now();
}

Result<TrustedCertificate> check(const TrustStore& trust, const Credential& credential,
                                 Purpose purpose, Time at = now()) {
  const auto& chain = credential.chain();
  return trust.check(chain.front(), {chain.begin() + 1, chain.end()}, purpose, at);
}

CustomCertificate custom(std::string name, std::string names) {
  CustomCertificate wanted;
  wanted.name = std::move(name);
  wanted.alternative_names = std::move(names);
  return wanted;
}

std::shared_ptr<const TrustStore> load(const TrustFiles& files) {
  auto trust = TrustStore::load(files);
  REQUIRE_OK(trust);
  return trust.value();
}

}  // namespace

TEST_CASE("certificates of the authority are good for what they were issued for", "[pki][trust]") {
  TestPki pki;
  const auto agency = pki.agency("H37.02");
  const auto system = pki.system("00.53.W00", {"H37.02"}).load();
  const auto hub = pki.hub("vn1").load();
  const auto receipts = pki.hub_receipts("vn1").load();
  const auto trust = pki.trust();
  const auto signing = check(*trust, agency, Purpose::document_signing);
  REQUIRE_OK(signing);
  REQUIRE(signing.value().revocation_known_at() <= now());
  REQUIRE(signing.value().revocation_known_at() > now() - 1h);
  REQUIRE_OK(check(*trust, receipts, Purpose::document_signing));
  REQUIRE_OK(check(*trust, system, Purpose::tls_client));
  REQUIRE_OK(check(*trust, hub, Purpose::tls_server));

  REQUIRE_REFUSED(check(*trust, agency, Purpose::tls_client), certificate_usage);
  REQUIRE_REFUSED(check(*trust, system, Purpose::document_signing), certificate_usage);
  REQUIRE_REFUSED(check(*trust, system, Purpose::tls_server), certificate_usage);
  REQUIRE_REFUSED(check(*trust, hub, Purpose::tls_client), certificate_usage);
  REQUIRE_REFUSED(check(*trust, hub, Purpose::document_signing), certificate_usage);
}

TEST_CASE("a certificate that does not say its purpose is good for none", "[pki][trust]") {
  TestPki pki;
  auto wanted = custom("silent", "URI:urn:truc:agency:H37.02");
  SECTION("no extended usage") {
    wanted.extended_usage.clear();
  }
  SECTION("any extended usage") {
    wanted.extended_usage = "2.5.29.37.0";
  }
  SECTION("a key that may not sign") {
    wanted.key_usage = "keyEncipherment";
  }
  SECTION("no key usage") {
    wanted.key_usage.clear();
  }
  const auto credential = pki.custom(wanted).load();
  REQUIRE_REFUSED(check(*pki.trust(), credential, Purpose::document_signing), certificate_usage);
}

TEST_CASE("a certificate of another authority with the same names is untrusted", "[pki][trust]") {
  TestPki ours;
  const std::string theirs = ours.dir() + "/theirs";
  testing::require_program({TRUC_SOURCE_DIR "/pki/ca/truc-pki", "init", theirs});
  testing::require_program(
      {TRUC_SOURCE_DIR "/pki/ca/truc-pki", "agency", theirs, "H37.02", "--ec"});
  const std::string folder = theirs + "/agencies/H37.02/sign";
  const auto credential = CredentialPaths{folder + ".key", folder + ".chain.pem"}.load();
  REQUIRE_REFUSED(check(*ours.trust(), credential, Purpose::document_signing),
                  certificate_untrusted);
}

TEST_CASE("a chain without its intermediate, or with too many, is untrusted", "[pki][trust]") {
  TestPki pki;
  const auto agency = pki.agency("H37.02");
  const auto trust = pki.trust();
  REQUIRE_REFUSED(trust->check(agency.certificate(), {}, Purpose::document_signing, now()),
                  certificate_untrusted);
  const std::vector<Certificate> many(6, agency.chain()[1]);
  REQUIRE_REFUSED(trust->check(agency.certificate(), many, Purpose::document_signing, now()),
                  certificate_untrusted);
}

TEST_CASE("a leaf may not issue certificates", "[pki][trust]") {
  TestPki pki;
  const auto agency = pki.agency_paths("H37.02");
  const std::string forged = pki.dir() + "/forged.pem";
  testing::require_program({"openssl",  "req",
                            "-x509",    "-noenc",
                            "-newkey",  "ec",
                            "-pkeyopt", "ec_paramgen_curve:P-256",
                            "-CA",      agency.chain,
                            "-CAkey",   agency.key,
                            "-subj",    "/CN=forged",
                            "-keyout",  pki.dir() + "/forged.key",
                            "-out",     forged,
                            "-addext",  "extendedKeyUsage=1.3.6.1.5.5.7.3.36",
                            "-addext",  "basicConstraints=critical,CA:FALSE",
                            "-addext",  "keyUsage=digitalSignature",
                            "-addext",  "subjectAltName=URI:urn:truc:agency:H37.03"});
  const auto leaf = Certificate::load_pem_file(forged).value().front();
  const auto verdict =
      pki.trust()->check(leaf, agency.load().chain(), Purpose::document_signing, now());
  REQUIRE_REFUSED(verdict, certificate_untrusted);
}

TEST_CASE("a certificate is refused before and after its validity", "[pki][trust]") {
  TestPki pki;
  pki.run("agency", {"H37.02", "--ec", "--days", "1"});
  const auto agency = pki.agency("H37.02");
  const auto trust = pki.trust();
  REQUIRE_OK(check(*trust, agency, Purpose::document_signing));
  REQUIRE_REFUSED(check(*trust, agency, Purpose::document_signing, now() + 2 * kDay),
                  certificate_expired);
  REQUIRE_REFUSED(check(*trust, agency, Purpose::document_signing, now() - 1h),
                  certificate_expired);
  // The last second counts whole, though certificates know no milliseconds.
  const Time last = agency.certificate().not_after();
  REQUIRE_OK(check(*trust, agency, Purpose::document_signing, last + 999ms));
  REQUIRE_REFUSED(check(*trust, agency, Purpose::document_signing, last + 1000ms),
                  certificate_expired);
}

TEST_CASE("a revoked certificate is refused once the list is loaded", "[pki][trust]") {
  TestPki pki;
  const auto agency = pki.agency("H37.02");
  const auto other = pki.agency("H37.03");
  const auto before = pki.trust();
  REQUIRE_OK(check(*before, agency, Purpose::document_signing));
  pki.revoke(pki.agency_paths("H37.02"));
  const auto after = pki.trust();
  REQUIRE_REFUSED(check(*after, agency, Purpose::document_signing), certificate_revoked);
  REQUIRE_OK(check(*after, other, Purpose::document_signing));
  REQUIRE_OK(check(*before, agency, Purpose::document_signing));  // a store is a snapshot
}

TEST_CASE("a revoked issuing authority takes its certificates with it", "[pki][trust]") {
  TestPki pki;
  const auto agency = pki.agency("H37.02");
  pki.run("revoke", {pki.dir() + "/ca/issuing.pem"});
  REQUIRE_REFUSED(check(*pki.trust(), agency, Purpose::document_signing), certificate_revoked);
}

TEST_CASE("without the list of every authority nothing is known, and nothing accepted",
          "[pki][trust]") {
  TestPki pki;
  const auto agency = pki.agency("H37.02");
  auto files = pki.trust_files();
  SECTION("no list at all") {
    files.crl_files.clear();
  }
  SECTION("the root's is missing") {
    files.crl_files = {pki.issuing_list()};
  }
  SECTION("the issuing authority's is missing") {
    files.crl_files = {pki.root_list()};
  }
  REQUIRE_REFUSED(check(*load(files), agency, Purpose::document_signing), revocation_unknown);
}

TEST_CASE("a list signed by somebody else is no knowledge", "[pki][trust]") {
  TestPki pki;
  const auto agency = pki.agency("H37.02");
  const std::string theirs = pki.dir() + "/theirs";
  testing::require_program({TRUC_SOURCE_DIR "/pki/ca/truc-pki", "init", theirs});
  auto files = pki.trust_files();
  files.crl_files = {pki.root_list(), theirs + "/crl/issuing.crl.pem"};
  REQUIRE_REFUSED(check(*load(files), agency, Purpose::document_signing), revocation_unknown);
}

TEST_CASE("a list is believed for the grace past its nextUpdate, and no longer", "[pki][trust]") {
  TestPki pki;
  const auto agency = pki.agency("H37.02");
  pki.run("crl", {"--days", "1"});
  auto files = pki.trust_files();
  files.revocation_grace = 2h;
  const auto trust = load(files);
  const Time written =
      check(*trust, agency, Purpose::document_signing).value().revocation_known_at();
  const Time believed_until = written + kDay + 2h;
  REQUIRE_OK(check(*trust, agency, Purpose::document_signing, believed_until - 1s));
  REQUIRE_REFUSED(check(*trust, agency, Purpose::document_signing, believed_until + 1s),
                  revocation_unknown);
  // The verdict remembered from the first check does not outlive the grace either.
  REQUIRE_OK(check(*trust, agency, Purpose::document_signing));
  REQUIRE_REFUSED(check(*trust, agency, Purpose::document_signing, believed_until + 1s),
                  revocation_unknown);
}

TEST_CASE("the newest list of an authority counts, in whatever order they are loaded",
          "[pki][trust]") {
  TestPki pki;
  const auto agency = pki.agency("H37.02");
  const std::string old_list = pki.dir() + "/old.crl.pem";
  std::filesystem::copy(pki.issuing_list(), old_list);
  pki.revoke(pki.agency_paths("H37.02"));
  // thisUpdate has whole seconds; with both in the same second neither would be the newer.
  const auto issued_in = [](const std::string& path) {
    return testing::require_program({"openssl", "crl", "-in", path, "-noout", "-lastupdate"});
  };
  while (issued_in(old_list) == issued_in(pki.issuing_list())) pki.run("crl", {});
  auto files = pki.trust_files();
  SECTION("old first") {
    files.crl_files = {pki.root_list(), old_list, pki.issuing_list()};
  }
  SECTION("new first") {
    files.crl_files = {pki.issuing_list(), old_list, pki.root_list()};
  }
  REQUIRE_REFUSED(check(*load(files), agency, Purpose::document_signing), certificate_revoked);
}

TEST_CASE("only an offline verifier may do without lists, and then knows no moment",
          "[pki][trust]") {
  TestPki pki;
  const auto agency = pki.agency("H37.02");
  TrustFiles files;
  files.anchor_files = {pki.anchors()};
  files.revocation = TrustFiles::Revocation::unchecked;
  const auto verdict = check(*load(files), agency, Purpose::document_signing);
  REQUIRE_OK(verdict);
  REQUIRE(verdict.value().revocation_known_at() == Time{});
}

TEST_CASE("a list in DER is read as well; a broken one is refused", "[pki][trust]") {
  TestPki pki;
  const auto agency = pki.agency("H37.02");
  const std::string der = pki.dir() + "/issuing.crl";
  testing::require_program(
      {"openssl", "crl", "-in", pki.issuing_list(), "-outform", "DER", "-out", der});
  auto files = pki.trust_files();
  files.crl_files = {pki.root_list(), der};
  REQUIRE_OK(check(*load(files), agency, Purpose::document_signing));
  std::ofstream(der, std::ios::app | std::ios::binary) << "x";
  REQUIRE_REFUSED(TrustStore::load(files), certificate_malformed);
  std::ofstream(der, std::ios::trunc | std::ios::binary) << "x";
  REQUIRE_REFUSED(TrustStore::load(files), certificate_malformed);
  files.crl_files = {pki.dir() + "/none"};
  REQUIRE_REFUSED(TrustStore::load(files), file_failed);
  files.crl_files = {pki.anchors()};
  REQUIRE_REFUSED(TrustStore::load(files), certificate_malformed);
}

TEST_CASE("an anchor is a self-signed authority with a strong key", "[pki][trust]") {
  TestPki pki;
  TrustFiles files;
  REQUIRE_REFUSED(TrustStore::load(files), certificate_malformed);
  files.anchor_files = {pki.dir() + "/ca/issuing.pem"};
  REQUIRE_REFUSED(TrustStore::load(files), certificate_malformed);
  const std::string weak = pki.dir() + "/weak.pem";
  testing::require_program({"openssl", "req", "-x509", "-noenc", "-newkey", "rsa:1024", "-subj",
                            "/CN=weak", "-keyout", pki.dir() + "/weak.key", "-out", weak});
  files.anchor_files = {weak};
  REQUIRE_REFUSED(TrustStore::load(files), certificate_weak);
  testing::require_program({"openssl", "req", "-x509", "-noenc", "-newkey", "rsa:2048", "-sha1",
                            "-subj", "/CN=weak", "-keyout", pki.dir() + "/weak.key", "-out", weak});
  REQUIRE_REFUSED(TrustStore::load(files), certificate_weak);
}

TEST_CASE("a weak key or a weak digest in a certificate is refused", "[pki][trust]") {
  TestPki pki;
  auto wanted = custom("weak", "URI:urn:truc:agency:H37.02");
  SECTION("RSA of 1024 bits") {
    wanted.key = "rsa:1024";
  }
  SECTION("a curve that is not of the profile") {
    wanted.key = "ec:secp256k1";
  }
  SECTION("Edwards' curve") {
    wanted.key = "ed25519";
  }
  SECTION("SHA-1") {
    wanted.digest = "sha1";
  }
  const auto chain = Certificate::load_pem_file(pki.custom(wanted).chain).value();
  REQUIRE_REFUSED(pki.trust()->check(chain[0], {chain[1]}, Purpose::document_signing, now()),
                  certificate_weak);
}

TEST_CASE("an unknown critical extension makes a certificate untrusted", "[pki][trust]") {
  TestPki pki;
  auto wanted = custom("critical", "URI:urn:truc:agency:H37.02");
  wanted.more_extensions = "1.2.3.4.5 = critical, DER:05:00\n";
  REQUIRE_REFUSED(check(*pki.trust(), pki.custom(wanted).load(), Purpose::document_signing),
                  certificate_untrusted);
}

TEST_CASE("a store answers many threads", "[pki][trust]") {
  TestPki pki;
  std::vector<Credential> agencies;
  for (const auto* code : {"H37.01", "H37.02", "H37.03"}) agencies.push_back(pki.agency(code));
  const auto revoked = pki.agency("H37.04");
  pki.revoke(pki.agency_paths("H37.04"));
  const auto trust = pki.trust();
  std::atomic<int> wrong = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int round = 0; round < 20; ++round) {
        for (const auto& agency : agencies) {
          if (!check(*trust, agency, Purpose::document_signing)) ++wrong;
        }
        if (check(*trust, revoked, Purpose::document_signing)) ++wrong;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  REQUIRE(wrong == 0);
}

TEST_CASE("what is remembered is forgotten by age of use, never beyond the capacity",
          "[pki][trust]") {
  AgingCache<int> cache(4);
  const auto key = [](int i) {
    Sha256 digest;
    digest.octets[0] = static_cast<std::uint8_t>(i);
    return digest;
  };
  for (int i = 0; i < 3; ++i) cache.remember(key(i), i);
  REQUIRE(cache.find(key(0)) == 0);  // old, and by this use young again
  cache.remember(key(3), 3);
  REQUIRE(cache.find(key(0)) == 0);
  REQUIRE_FALSE(cache.find(key(1)));
  cache.remember(key(0), 5);
  REQUIRE(cache.find(key(0)) == 5);
}

TEST_CASE("a certificate is read the same before and after it is trusted", "[pki][trust]") {
  TestPki pki;
  const auto agency = pki.agency("H37.02");
  const auto trust = pki.trust();
  const std::string der = agency.certificate().der();
  const auto first = trust->read_certificate(der).value();
  REQUIRE(trust->read_certificate(der).value().native() != first.native());  // not yet remembered
  REQUIRE_OK(check(*trust, agency, Purpose::document_signing));
  const auto later = trust->read_certificate(der).value();
  REQUIRE(later.native() == agency.certificate().native());
  REQUIRE(later.der() == der);
  REQUIRE_REFUSED(trust->read_certificate(der + "x"), certificate_malformed);
}

TEST_CASE("a TLS certificate names one system with its agencies, one operator, or one hub",
          "[pki][identity]") {
  TestPki pki;
  const auto trust = pki.trust();
  const auto identity = [&](const CredentialPaths& paths, Purpose purpose) {
    return identify_peer(check(*trust, paths.load(), purpose).value()).value();
  };
  const auto system =
      identity(pki.system("00.53.W00", {"H37.02", "000.00.00.G22"}), Purpose::tls_client);
  REQUIRE(system.text() == "system:00.53.W00");
  REQUIRE(system.agencies.size() == 2);
  REQUIRE(system.speaks_for(AgencyCode::parse("H37.02").value()));
  REQUIRE_FALSE(system.speaks_for(AgencyCode::parse("H37").value()));
  REQUIRE_FALSE(system.hub);
  const auto watch = identity(pki.operator_client("an"), Purpose::tls_client);
  REQUIRE(watch.text() == "operator:an");
  REQUIRE_FALSE(watch.speaks_for(AgencyCode::parse("H37.02").value()));
  REQUIRE(identity(pki.hub("vn1"), Purpose::tls_server).text() == "hub:vn1");
}

TEST_CASE("a TLS certificate with unclear names identifies nobody", "[pki][identity]") {
  TestPki pki;
  const std::string names =
      GENERATE("", "DNS:localhost", "URI:urn:truc:agency:H37.02",
               "URI:urn:truc:system:00.53.W00,URI:urn:truc:operator:an",
               "URI:urn:truc:system:00.53.W00,URI:urn:truc:system:00.54.W00",
               "URI:urn:truc:system:00.53.W00,URI:urn:truc:hub:vn1",
               "URI:urn:truc:system:", "URI:urn:truc:system:lower",
               "URI:urn:truc:system:00.53.W00,URI:urn:truc:agency:..",
               "URI:urn:truc:operator:an,URI:urn:truc:agency:H37.02", "URI:urn:truc:operator:An",
               "URI:urn:truc:operator:../an", "URI:urn:truc:hub:-", "URI:urn:truc:else:x",
               "URI:URN:TRUC:system:00.53.W00");
  CAPTURE(names);
  auto wanted = custom("unclear", names);
  wanted.extended_usage = "clientAuth";
  const auto trusted = check(*pki.trust(), pki.custom(wanted).load(), Purpose::tls_client);
  REQUIRE_OK(trusted);
  REQUIRE_REFUSED(identify_peer(trusted.value()), certificate_identity);
}

TEST_CASE("a signing certificate names one agency or one hub", "[pki][identity]") {
  TestPki pki;
  const auto trust = pki.trust();
  const auto trusted = [&](const Credential& credential) {
    return check(*trust, credential, Purpose::document_signing).value();
  };
  REQUIRE(identify_agency(trusted(pki.agency("H37.02"))).value().text() == "H37.02");
  REQUIRE(identify_hub(trusted(pki.hub_receipts("vn1").load())).value() == "vn1");
  REQUIRE_REFUSED(identify_hub(trusted(pki.agency("H37.02"))), certificate_identity);
  REQUIRE_REFUSED(identify_agency(trusted(pki.hub_receipts("vn1").load())), certificate_identity);
  REQUIRE_REFUSED(identify_peer(trusted(pki.agency("H37.02"))), certificate_identity);
  const auto tls = check(*trust, pki.hub("vn1").load(), Purpose::tls_server).value();
  REQUIRE_REFUSED(identify_hub(tls), certificate_identity);

  const auto both = custom("both", "URI:urn:truc:agency:H37.02,URI:urn:truc:agency:H37.03");
  REQUIRE_REFUSED(identify_agency(trusted(pki.custom(both).load())), certificate_identity);
  const auto mixed = custom("mixed", "URI:urn:truc:agency:H37.02,URI:urn:truc:hub:vn1");
  REQUIRE_REFUSED(identify_agency(trusted(pki.custom(mixed).load())), certificate_identity);
  REQUIRE_REFUSED(identify_hub(trusted(pki.custom(mixed).load())), certificate_identity);
}

}  // namespace truc::pki
