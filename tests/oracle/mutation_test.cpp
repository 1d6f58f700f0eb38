// Thousands of changed packages before four judges. Whatever we accept, everybody accepts, and it
// says what the signer signed.
//
// TRUC_MUTATIONS (for each kind of key) and TRUC_MUTATION_SEED choose another number and another
// set.
#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <map>
#include <set>

#include "pki/signature/sign.hpp"
#include "tests/oracle/mutations.hpp"
#include "tests/oracle/oracle.hpp"
#include "tests/oracle/packages.hpp"
#include "tests/support/envelopes.hpp"
#include "tests/support/refusals.hpp"

namespace truc::testing {
namespace {

constexpr auto kAccepted = "accepted";
constexpr std::size_t kMutations = 4000;  // for each kind of key
constexpr std::size_t kSeed = 20160131;
constexpr std::size_t kXmlsecSample = 200;
constexpr std::size_t kXmlCryptoStep = 5;
constexpr std::size_t kRefusalKindsMin = 20;

std::size_t from_environment(const char* name, std::size_t otherwise) {
  const char* text = std::getenv(name);
  return text ? std::strtoull(text, nullptr, 10) : otherwise;
}

std::string signed_by(const CredentialPaths& signer, const std::string& package) {
  return pki::sign_envelope(valid_envelope(package), signer.load()).value();
}

std::vector<Prey> prey_of(TestPki& pki, const std::string& kind) {
  const auto stranger = signer_with(pki, "000.00.00.G14", kind);
  std::vector<Prey> prey;
  for (const auto& [sender, package] :
       {std::pair{kSender, full_document()}, std::pair{kStatusSender, full_status()}}) {
    const auto signer = signer_with(pki, sender, kind);
    prey.push_back({.text = signed_by(signer, package),
                    .sibling = signed_by(signer, with_all(package, "7816", "7817")),
                    .stranger = signed_by(stranger, package)});
  }
  return prey;
}

struct Verdicts {
  Result<pki::SignedEnvelope> ours;
  std::string jdk;
  std::optional<std::string> xml_crypto;  // not asked about everything
};

struct Judges {
  TestPki pki;
  std::shared_ptr<const pki::TrustStore> trust;
  std::unique_ptr<OracleProgram> jdk = start_jdk(pki);
  std::unique_ptr<OracleProgram> xml_crypto = start_xml_crypto(pki);
  Xmlsec xmlsec{pki};

  // xml-crypto is slow: it judges what we accept, and some of the rest.
  Verdicts verdicts(const std::string& text, std::size_t number) {
    jdk->ask("verify", text);
    auto ours = judge(text, *trust);
    std::optional<std::string> third;
    if (ours || number % kXmlCryptoStep == 0) third = xml_crypto->judge(text);
    return {std::move(ours), jdk->answer(), std::move(third)};
  }

  void put_to_the_test(const std::string& kind_of_key);
};

struct Counts {
  std::size_t made = 0;
  std::size_t ours = 0;
  std::size_t jdk = 0;
  std::size_t xml_crypto = 0;
  std::size_t asked_xml_crypto = 0;

  void add(const Verdicts& verdicts) {
    ++made;
    ours += verdicts.ours ? 1 : 0;
    jdk += verdicts.jdk == kAccepted ? 1 : 0;
    xml_crypto += verdicts.xml_crypto == kAccepted ? 1 : 0;
    asked_xml_crypto += verdicts.xml_crypto ? 1 : 0;
  }
};

// What became of the mutations, and whether they were worth making.
class Tally {
 public:
  void add(std::string_view kind, const Verdicts& verdicts) {
    kinds_[kind].add(verdicts);
    all_.add(verdicts);
    if (!verdicts.ours) refusals_.insert(verdicts.ours.error().code());
  }
  const Counts& all() const { return all_; }
  std::size_t kinds() const { return kinds_.size(); }
  std::size_t refusals() const { return refusals_.size(); }

  void print() const {
    constexpr auto kLine = "{:40} {:>7} {:>7} {:>7} {:>11} {:>7}\n";
    const auto line = [&](std::string_view name, const Counts& counts) {
      fmt::print(kLine, name, counts.made, counts.ours, counts.jdk, counts.xml_crypto,
                 counts.asked_xml_crypto);
    };
    fmt::print(kLine, "accepted by", "of", "us", "JDK", "xml-crypto", "of");
    for (const auto& [kind, counts] : kinds_) line(kind, counts);
    line("all", all_);
    fmt::print("{} kinds of refusal\n", refusals_.size());
  }

 private:
  std::map<std::string_view, Counts> kinds_;
  Counts all_;
  std::set<ErrorCode> refusals_;
};

// A start of xmlsec1 costs more than a hundred judgements of the others: it judges some of what we
// accept, many at once.
std::vector<std::string> sample(const std::vector<std::string>& texts) {
  std::vector<std::string> chosen;
  const auto step = texts.size() / kXmlsecSample + 1;
  for (std::size_t at = 0; at < texts.size(); at += step) chosen.push_back(texts[at]);
  return chosen;
}

void Judges::put_to_the_test(const std::string& kind_of_key) {
  const auto count = from_environment("TRUC_MUTATIONS", kMutations);
  const auto seed = from_environment("TRUC_MUTATION_SEED", kSeed);
  fmt::print("{} mutations of packages signed with {}, seed {}\n", count, kind_of_key, seed);
  const auto prey = prey_of(pki, kind_of_key);
  trust = pki.trust();
  Mutator mutator(seed);
  Tally tally;
  std::vector<std::string> accepted;
  for (std::size_t number = 0; number < count; ++number) {
    const auto& one = prey[number % prey.size()];
    const auto mutation = mutator.mutate(one);
    const auto verdicts = this->verdicts(mutation.text, number);
    tally.add(mutation.kind, verdicts);
    if (!verdicts.ours) continue;
    CAPTURE(number, mutation.kind, mutation.text);
    CHECK(verdicts.jdk == kAccepted);
    CHECK(verdicts.xml_crypto == kAccepted);
    const auto original = edxml::read_envelope(one.text).value();
    REQUIRE(same(verdicts.ours.value().content(), original.content()));
    REQUIRE(verdicts.ours.value().signer() == original.content().from().organ_id);
    accepted.push_back(mutation.text);
  }
  tally.print();
  CHECK(xmlsec.judge_all(sample(accepted)) == kAccepted);
  // A generator that makes only rubbish, or only what nobody minds, would show nothing.
  CHECK(tally.kinds() == mutation_kinds().size());
  CHECK(tally.refusals() >= kRefusalKindsMin);
  CHECK(tally.all().ours * 20 >= count);
  CHECK(tally.all().jdk > tally.all().ours);
  CHECK(tally.all().jdk * 2 <= count);
}

}  // namespace

TEST_CASE_METHOD(Judges, "no changed package that an oracle refuses is accepted by us: RSA",
                 "[oracle][mutation]") {
  put_to_the_test("rsa");
}

TEST_CASE_METHOD(Judges, "no changed package that an oracle refuses is accepted by us: P-256",
                 "[oracle][mutation]") {
  put_to_the_test("p256");
}

TEST_CASE_METHOD(Judges, "no changed package that an oracle refuses is accepted by us: P-384",
                 "[oracle][mutation]") {
  put_to_the_test("p384");
}

}  // namespace truc::testing
