#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "pki/crypto/file.hpp"
#include "pki/trust/online_revocation.hpp"
#include "pki/trust/trust_store.hpp"
#include "schemas/base/limits.hpp"
#include "tests/support/ocsp_responder.hpp"
#include "tests/support/refusals.hpp"
#include "tests/support/run_program.hpp"

namespace truc::pki {
namespace {

using namespace std::chrono_literals;
using testing::CredentialPaths;
using testing::OcspResponder;
using testing::TestPki;
using Signer = OcspResponder::Signer;

constexpr auto kDay = 24h;
constexpr auto kListUrl = "http://localhost/issuing.crl";
constexpr auto kResponderUrl = "http://localhost/ocsp";

Time now() {
  return SystemClock().now();
}

Certificate issuing(const TestPki& pki) {
  return Certificate::load_pem_file(pki.dir() + "/ca/issuing.pem").value().front();
}

Result<TrustedCertificate> check(const TrustStore& trust, const Credential& credential,
                                 Moment moment = now()) {
  const auto& chain = credential.chain();
  return trust.check(chain.front(), {chain.begin() + 1, chain.end()}, Purpose::document_signing,
                     moment);
}

std::string list_in_der(const TestPki& pki, const std::string& authority = "issuing") {
  const std::string der = pki.dir() + "/list.der";
  testing::require_program({"openssl", "crl", "-in", pki.dir() + "/crl/" + authority + ".crl.pem",
                            "-outform", "DER", "-out", der});
  return read_trust_file(der, FileAccess::anyone).value();
}

// One issuing authority on line; its list is not among the files.
struct Online {
  explicit Online(TestPki& authority, bool has_list = true, bool has_responder = true)
      : pki(authority) {
    settings.folder = pki.dir() + "/kept";
    settings.sources = {{pki.dir() + "/ca/issuing.pem", has_list ? kListUrl : "",
                         has_responder ? kResponderUrl : ""}};
    open();
  }

  void open() { online = OnlineRevocation::open(settings, now()).value(); }

  std::shared_ptr<const TrustStore> trust() const {
    auto files = pki.trust_files();
    files.crl_files = {pki.root_list()};
    files.online = online;
    return TrustStore::load(files).value();
  }

  RevocationErrand only_errand(Time at = now()) const {
    const auto errands = online->take_due(at);
    REQUIRE(errands.size() == 1);
    return errands.front();
  }

  // What the refresher does when the responder is up.
  void ask_responder(Signer signer = Signer::authority) {
    const auto errand = only_errand();
    REQUIRE(errand.url == kResponderUrl);
    const auto request = errand.question.value().request().value();
    REQUIRE_OK(online->done(errand, responder.answer(request, signer), now()));
  }

  TestPki& pki;
  OcspResponder responder{pki};
  OnlineRevocationSettings settings;
  std::shared_ptr<OnlineRevocation> online;
};

struct Asked {
  explicit Asked(TestPki& pki)
      : paths(pki.agency_paths("H37.02")),
        question(OcspQuestion::make(paths.load().certificate(), issuing(pki)).value()),
        request(question.request().value()) {}
  CredentialPaths paths;
  OcspQuestion question;
  std::string request;
};

}  // namespace

TEST_CASE("a responder's answer is read: good, revoked, unknown", "[pki][ocsp]") {
  TestPki pki;
  const Asked asked(pki);
  OcspResponder responder(pki);
  const auto read = [&](const std::string& der, Time at = now()) {
    return read_ocsp_response(der, asked.question, issuing(pki), at);
  };
  REQUIRE_REFUSED(read(responder.answer(asked.request)), revocation_unknown);
  responder.know(asked.paths);
  const auto good = read(responder.answer(asked.request));
  REQUIRE_OK(good);
  REQUIRE_FALSE(good.value().withdrawal);
  REQUIRE(good.value().issued <= now());
  REQUIRE(good.value().next_update - good.value().issued == 60min);
  pki.revoke(asked.paths, "keyCompromise");
  OcspResponder later(pki);
  const auto revoked = read(later.answer(asked.request));
  REQUIRE_OK(revoked);
  REQUIRE(revoked.value().withdrawal);
  REQUIRE(revoked.value().withdrawal->key_was_compromised);
  REQUIRE(revoked.value().withdrawal->from <= now());
}

TEST_CASE("only the authority and those whom it appointed may answer", "[pki][ocsp]") {
  TestPki pki;
  const Asked asked(pki);
  OcspResponder responder(pki);
  responder.know(asked.paths);
  const auto read = [&](const std::string& der) {
    return read_ocsp_response(der, asked.question, issuing(pki), now());
  };
  REQUIRE_OK(read(responder.answer(asked.request, Signer::appointed)));
  REQUIRE_REFUSED(read(responder.answer(asked.request, Signer::appointed_without_nocheck)),
                  certificate_untrusted);
  REQUIRE_REFUSED(read(responder.answer(asked.request, Signer::stranger)), certificate_untrusted);
}

TEST_CASE("an answer about another certificate, of another time or in broken octets is none",
          "[pki][ocsp]") {
  TestPki pki;
  const Asked asked(pki);
  OcspResponder responder(pki);
  responder.know(asked.paths);
  const auto other = OcspQuestion::make(pki.agency("H37.03").certificate(), issuing(pki)).value();
  const std::string der = responder.answer(asked.request);
  REQUIRE_REFUSED(read_ocsp_response(der, other, issuing(pki), now()), revocation_unknown);
  REQUIRE_REFUSED(read_ocsp_response(der, asked.question, issuing(pki), now() + 2h),
                  revocation_unknown);
  REQUIRE_REFUSED(read_ocsp_response(der, asked.question, issuing(pki), now() - 2h),
                  revocation_unknown);
  REQUIRE_REFUSED(read_ocsp_response(der + "x", asked.question, issuing(pki), now()),
                  certificate_malformed);
  REQUIRE_REFUSED(read_ocsp_response("no answer", asked.question, issuing(pki), now()),
                  certificate_malformed);
  for (std::size_t i = 0; i < der.size(); ++i) {
    std::string changed = der;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    const auto read = read_ocsp_response(changed, asked.question, issuing(pki), now());
    INFO("octet " << i);
    // Certificates that came along are not signed by the answer; the answer's own words are.
    if (read) REQUIRE(read.value().next_update - read.value().issued == 60min);
  }
}

TEST_CASE("an answer without nextUpdate is believed for an hour", "[pki][ocsp]") {
  TestPki pki;
  const Asked asked(pki);
  OcspResponder responder(pki);
  responder.know(asked.paths);
  const auto der = responder.answer(asked.request, Signer::authority, 0);
  const auto answer = read_ocsp_response(der, asked.question, issuing(pki), now()).value();
  REQUIRE(answer.next_update - answer.issued == limits::kOcspAgeMax);
}

TEST_CASE("a certificate is unknown until the responder has been asked, then good",
          "[pki][revocation]") {
  TestPki pki;
  Online world(pki, false);
  const auto agency = pki.agency("H37.02");
  world.responder.know(pki.agency_paths("H37.02"));
  const auto trust = world.trust();
  REQUIRE(world.online->take_due(now()).empty());
  REQUIRE_REFUSED(check(*trust, agency), revocation_unknown);
  world.ask_responder();
  const auto verdict = check(*trust, agency);
  REQUIRE_OK(verdict);
  REQUIRE(verdict.value().revocation_known_at() > now() - 1min);
  REQUIRE(world.online->take_due(now()).empty());
}

TEST_CASE("a certificate with a broken path is nobody's errand", "[pki][revocation]") {
  TestPki pki;
  Online world(pki, false);
  const std::string theirs = pki.dir() + "/theirs";
  const std::string script = TRUC_SOURCE_DIR "/pki/ca/truc-pki";
  testing::require_program({script, "init", theirs});
  testing::require_program({script, "agency", theirs, "H37.02", "--ec"});
  const auto forged = CredentialPaths{theirs + "/agencies/H37.02/sign.key",
                                      theirs + "/agencies/H37.02/sign.chain.pem"}
                          .load();
  REQUIRE_REFUSED(check(*world.trust(), forged), certificate_untrusted);
  REQUIRE(world.online->take_due(now()).empty());
}

TEST_CASE("a revocation that the responder tells makes news", "[pki][revocation]") {
  TestPki pki;
  Online world(pki, false);
  const auto agency = pki.agency("H37.02");
  world.responder.know(pki.agency_paths("H37.02"));
  const auto trust = world.trust();
  REQUIRE_REFUSED(check(*trust, agency), revocation_unknown);
  world.ask_responder();
  REQUIRE_OK(check(*trust, agency));
  const auto generation = world.online->generation();
  pki.revoke(pki.agency_paths("H37.02"));
  const Time later = now() + 2h;
  const auto errand = world.only_errand(later);
  OcspResponder after(pki);
  REQUIRE_OK(world.online->done(errand, after.answer(errand.question->request().value()), now()));
  REQUIRE(world.online->generation() != generation);
  REQUIRE_REFUSED(check(*world.trust(), agency), certificate_revoked);
}

TEST_CASE("an answer is believed for the grace, then nothing is known", "[pki][revocation]") {
  TestPki pki;
  Online world(pki, false);
  const auto agency = pki.agency("H37.02");
  world.responder.know(pki.agency_paths("H37.02"));
  const auto trust = world.trust();  // with a grace of 24 hours
  REQUIRE_REFUSED(check(*trust, agency), revocation_unknown);
  world.ask_responder();
  REQUIRE_OK(check(*trust, agency, now() + kDay));
  REQUIRE_REFUSED(check(*trust, agency, now() + kDay + 61min), revocation_unknown);
}

TEST_CASE("a list that is fetched is used by the next snapshot", "[pki][revocation]") {
  TestPki pki;
  Online world(pki, true, false);
  const auto agency = pki.agency("H37.02");
  REQUIRE_REFUSED(check(*world.trust(), agency), revocation_unknown);
  const auto errand = world.only_errand();
  REQUIRE(errand.url == kListUrl);
  const auto generation = world.online->generation();
  REQUIRE_OK(world.online->done(errand, list_in_der(pki), now()));
  REQUIRE(world.online->generation() != generation);
  REQUIRE_OK(check(*world.trust(), agency));
  SECTION("and by one after a restart") {
    world.open();
    REQUIRE(world.online->set_aside().empty());
    REQUIRE_OK(check(*world.trust(), agency));
  }
  SECTION("unless what was kept is damaged: it is named, and fetched again") {
    std::ofstream(world.online->list_files().front(), std::ios::app) << "x";
    world.open();
    REQUIRE(world.online->set_aside().size() == 1);
    REQUIRE_REFUSED(check(*world.trust(), agency), revocation_unknown);
    REQUIRE(world.only_errand().url == kListUrl);
  }
}

TEST_CASE("what fails to verify never takes the place of what is known", "[pki][revocation]") {
  TestPki pki;
  Online world(pki, true, false);
  const auto agency = pki.agency("H37.02");
  REQUIRE_OK(world.online->done(world.only_errand(), list_in_der(pki), now()));
  const auto generation = world.online->generation();
  const auto bring = [&world](const std::string& bytes, Time at) {
    return world.online->done(world.only_errand(at), bytes, now());
  };
  const std::string theirs = pki.dir() + "/theirs";
  testing::require_program({TRUC_SOURCE_DIR "/pki/ca/truc-pki", "init", theirs});
  const auto later = now() + kDay;
  REQUIRE_REFUSED(bring("<html>maintenance</html>", later), certificate_malformed);
  REQUIRE_REFUSED(bring(list_in_der(pki, "root"), later), certificate_untrusted);
  testing::require_program({"openssl", "crl", "-in", theirs + "/crl/issuing.crl.pem", "-outform",
                            "DER", "-out", theirs + "/list.der"});
  REQUIRE_REFUSED(bring(read_trust_file(theirs + "/list.der", FileAccess::anyone).value(), later),
                  certificate_untrusted);
  REQUIRE(world.online->generation() == generation);
  REQUIRE_OK(check(*world.trust(), agency));
}

TEST_CASE("an older list does not bring a revoked certificate back", "[pki][revocation]") {
  TestPki pki;
  Online world(pki, true, false);
  const auto agency = pki.agency("H37.02");
  const auto old_list = list_in_der(pki);
  pki.revoke(pki.agency_paths("H37.02"));
  // thisUpdate has whole seconds.
  while (read_revocation_lists(list_in_der(pki)).value().front().issued ==
         read_revocation_lists(old_list).value().front().issued)
    pki.run("crl", {});
  REQUIRE_OK(world.online->done(world.only_errand(), list_in_der(pki), now()));
  REQUIRE_REFUSED(world.online->done(world.only_errand(now() + kDay), old_list, now()),
                  revocation_unknown);
  REQUIRE_REFUSED(check(*world.trust(), agency), certificate_revoked);
}

TEST_CASE("a source that is down is asked again after pauses that grow to a limit",
          "[pki][revocation]") {
  TestPki pki;
  Online world(pki, true, false);
  Time at = now();
  auto pause = std::chrono::milliseconds(limits::kRevocationPauseMin);
  for (int i = 0; i < 10; ++i) {
    const auto errand = world.only_errand(at);
    REQUIRE(world.online->take_due(at + kDay).empty());  // it is out
    world.online->failed(errand, at);
    REQUIRE(world.online->take_due(at + pause - 1ms).empty());
    at += pause;
    pause = std::min<std::chrono::milliseconds>(2 * pause, limits::kRevocationPauseMax);
  }
  REQUIRE(pause == limits::kRevocationPauseMax);
}

TEST_CASE("a list is fetched again before it runs out, however long the interval",
          "[pki][revocation]") {
  TestPki pki;
  pki.run("crl", {"--days", "1"});
  Online world(pki, true, false);
  world.settings.refresh = 24h;
  world.open();
  REQUIRE_OK(world.online->done(world.only_errand(), list_in_der(pki), now()));
  REQUIRE(world.online->take_due(now() + 11h).empty());
  REQUIRE(world.online->take_due(now() + 13h).size() == 1);
}

TEST_CASE("as of a moment that has passed, what has ended since then does not count",
          "[pki][trust][moment]") {
  TestPki pki;
  const Time today = now();
  SECTION("a certificate that has expired") {
    pki.run("agency", {"H37.02", "--ec", "--days", "1"});
    const auto agency = pki.agency("H37.02");
    const auto trust = pki.trust();
    const auto verdict = check(*trust, agency, {today + 1h, today + 2 * kDay});
    REQUIRE_OK(verdict);
    REQUIRE(verdict.value().good_at() == today + 1h);
    REQUIRE_REFUSED(check(*trust, agency, today + 2 * kDay), certificate_expired);
    REQUIRE_REFUSED(check(*trust, agency, {today + 25h, today + 2 * kDay}), certificate_expired);
    REQUIRE_REFUSED(check(*trust, agency, {today - kDay, today}), certificate_expired);
  }
  SECTION("one that was revoked, unless its key was in other hands") {
    const auto revoked_tomorrow = [&](const std::string& code, const std::string& reason) {
      pki.revoke(pki.agency_paths(code), reason);
      const std::string index = pki.dir() + "/ca/issuing.index";
      auto text = read_trust_file(index, FileAccess::anyone).value();
      const auto line = text.rfind("R\t");
      const auto date = text.find('\t', line + 2) + 1;
      // "2026-11-23T09:30:00…" as "261123093000".
      std::string tomorrow = to_rfc3339(today + kDay).substr(2, 17);
      std::erase_if(tomorrow, [](char c) { return c < '0' || c > '9'; });
      text.replace(date, 12, tomorrow);
      std::ofstream(index) << text;
      pki.run("crl", {});
    };
    revoked_tomorrow("H37.02", "superseded");
    revoked_tomorrow("H37.03", "keyCompromise");
    const auto trust = pki.trust();
    const auto superseded = pki.agency("H37.02");
    const auto stolen = pki.agency("H37.03");
    const Moment before(today + 1h, today + 3 * kDay);
    REQUIRE_OK(check(*trust, superseded, before));
    REQUIRE_REFUSED(check(*trust, stolen, before), certificate_revoked);
    REQUIRE_REFUSED(check(*trust, superseded, {today + 2 * kDay, today + 3 * kDay}),
                    certificate_revoked);
    // Nothing of that is remembered for today.
    REQUIRE_REFUSED(check(*trust, superseded, today + 3 * kDay), certificate_revoked);
  }
}

TEST_CASE("a path must allow one of the policies asked for", "[pki][trust]") {
  TestPki pki;
  const auto agency = pki.agency("H37.02");
  auto files = pki.trust_files();
  files.policies = {"1.3.6.1.4.1.99999.1"};
  REQUIRE_REFUSED(check(*TrustStore::load(files).value(), agency), certificate_usage);
  files.policies = {"no policy"};
  REQUIRE_REFUSED(TrustStore::load(files), malformed_config);
}

}  // namespace truc::pki
