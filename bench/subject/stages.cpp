#include "bench/subject/stages.hpp"

#include <algorithm>

#include "bench/floor/stopwatch.hpp"
#include "hub/ingest/admission.hpp"
#include "hub/store/rocks_store.hpp"
#include "pki/crypto/digest.hpp"
#include "pki/signature/verify.hpp"
#include "schemas/xml/canonical.hpp"

namespace truc::bench {
namespace {

// A hub's way in, in this process, with an empty store of its own.
class LocalAdmission {
 public:
  LocalAdmission(std::shared_ptr<const hub::Directory> directory,
                 std::shared_ptr<const pki::TrustStore> trust,
                 std::shared_ptr<const pki::ReceiptSigner> signer, hub::DocumentStore& store,
                 edxml::Rules rules)
      : directory_(std::move(directory)),
        trust_(std::move(trust)),
        signer_(std::move(signer)),
        admission_(hub::AdmissionServices(directory_, trust_, store, ids_, clock_),
                   std::move(rules), signer_, Authority::kHubId) {}

  Result<hub::AcceptedDocument> admit(const pki::PeerIdentity& peer, std::string_view bytes) {
    return admission_.admit(peer, std::string(bytes), edxml::PackageKind::document);
  }

 private:
  SystemClock clock_;
  hub::DirectorySnapshot directory_;
  hub::TrustSnapshot trust_;
  hub::SignerSnapshot signer_;
  hub::TransferIds ids_{clock_};
  hub::Admission admission_;
};

// Microseconds of this thread since the last look.
class Lap {
 public:
  double operator()() {
    const auto now = read_clock(CLOCK_THREAD_CPUTIME_ID);
    const std::chrono::duration<double, std::micro> taken = now - last_;
    last_ = read_clock(CLOCK_THREAD_CPUTIME_ID);
    return taken.count();
  }

 private:
  std::chrono::nanoseconds last_ = read_clock(CLOCK_THREAD_CPUTIME_ID);
};

xml::Element signature_of(const edxml::ValidEnvelope& envelope) {
  std::vector<xml::Element> open{envelope.envelope().document().root()};
  while (true) {  // a signed package has one
    const xml::Element element = open.back();
    open.pop_back();
    if (element.local_name() == "Signature") return element;
    for (const xml::Element child : element.children()) open.push_back(child);
  }
}

// One document through the stages one by one, each on the clock.
Result<void> take_stages(const SignedDocument& document, const edxml::Rules& rules,
                         const pki::TrustStore& trust, const pki::ReceiptSigner& signer,
                         AdmissionCost& cost) {
  std::string bytes(document.bytes());
  Lap lap;
  TRUC_TRY(auto untrusted, edxml::read_envelope(std::move(bytes)));
  cost.parse += lap();
  TRUC_TRY(auto valid, rules.check(std::move(untrusted)));
  cost.schema += lap();
  const xml::Element signature = signature_of(valid);
  const auto info = signature.first_child();
  lap();
  xml::canonicalize_document_without(valid.document(), signature, [](std::string_view) {});
  xml::canonicalize_element(*info);
  const double canonical = lap();
  TRUC_TRY(const auto package, pki::verify_envelope(std::move(valid), trust, SystemClock().now()));
  cost.canonicalise += canonical;
  cost.verify += lap() - canonical;
  const pki::ReceiptClaims claims{.kind = pki::ReceiptKind::accepted,
                                  .transfer = TransferId::make(SystemClock().now(), {}),
                                  .delivery_index = std::nullopt,
                                  .sender = package.signer(),
                                  .document_id = document.id,
                                  .document_sha256 = package.digest(),
                                  .recipients = document.recipients,
                                  .issuer = std::string("hub:") + Authority::kHubId,
                                  .issued_at = SystemClock().now(),
                                  .revocation_known_at = SystemClock().now()};
  lap();
  TRUC_TRY(signer.sign(claims));
  cost.receipt += lap();
  return success();
}

std::chrono::nanoseconds grown(const ThreadTimes& before, const ThreadTimes& after,
                               const std::string& name) {
  const auto now = after.find(name);
  const auto then = before.find(name);
  const auto zero = std::chrono::nanoseconds::zero();
  return (now == after.end() ? zero : now->second) - (then == before.end() ? zero : then->second);
}

}  // namespace

Result<AdmissionCost> measure_admission(World& world, const std::vector<Sender>& senders,
                                        std::span<const SignedDocument> documents) {
  TRUC_TRY(auto directory, hub::Directory::load(world.folder() / "directory.jsonl"));
  TRUC_TRY(auto trust, world.authority().trust());
  const auto hub_folder = world.authority().hub_folder();
  TRUC_TRY(auto credential,
           pki::Credential::load(hub_folder / "receipt.key", hub_folder / "receipt.chain.pem"));
  TRUC_TRY(auto signer, pki::ReceiptSigner::make(std::move(credential)));
  TRUC_TRY(const auto rules, edxml::Rules::load());
  telemetry::Log log(telemetry::LogLevel::error);
  const SystemClock clock;
  hub::DatabaseSettings settings;
  settings.directory = world.folder() / "stages-store";
  TRUC_TRY(auto database, hub::Database::open(settings));
  TRUC_TRY(auto store, hub::RocksStore::open(*database, clock, log, {}));
  LocalAdmission admission(directory, trust, std::make_shared<const pki::ReceiptSigner>(signer),
                           *store, rules);
  AdmissionCost cost;
  double whole = 0;
  // The first pass warms; the second one counts.
  for (int pass = 0; pass < 2; ++pass) {
    cost = {};
    whole = 0;
    for (const SignedDocument& document : documents) {
      const Unit& unit = *senders[document.sender].unit;
      const pki::PeerIdentity peer{
          .system = unit.system, .agencies = {unit.code}, .operator_name = {}, .hub = {}};
      TRUC_TRY(take_stages(document, rules, *trust, signer, cost));
      Lap lap;
      TRUC_TRY(const auto accepted, admission.admit(peer, document.bytes()));
      whole += lap();
    }
  }
  cost.route = std::max(0.0, whole - cost.sum());
  return cost;
}

std::vector<Stage> divide(const ThreadTimes& before, const ThreadTimes& after,
                          std::chrono::nanoseconds used, const AdmissionCost& admission,
                          std::size_t documents) {
  const auto us = [&](std::chrono::nanoseconds time) {
    return std::chrono::duration<double, std::micro>(time).count() / static_cast<double>(documents);
  };
  const auto of_threads = [&](const std::string& name) { return us(grown(before, after, name)); };
  const double admitted = of_threads("verify");
  const auto part = [&](double cost) {
    return admission.sum() > 0 ? admitted * cost / admission.sum() : 0.0;
  };
  std::vector<Stage> stages = {
      {"TLS and HTTP", of_threads("network")},
      {"parse", part(admission.parse)},
      {"schema", part(admission.schema)},
      {"canonicalise", part(admission.canonicalise)},
      {"verify", part(admission.verify)},
      {"route", part(admission.route)},
      {"receipt", part(admission.receipt)},
      {"store", of_threads("store") + of_threads("rocksdb")},
      {"fan-out", of_threads("fanout") + of_threads("journal") + of_threads("kafka")}};
  double rest = us(used);
  for (const Stage& stage : stages) rest -= stage.us;
  stages.push_back({"rest", std::max(0.0, rest)});
  for (Stage& stage : stages) stage.share = us(used) > 0 ? stage.us / us(used) : 0;
  return stages;
}

}  // namespace truc::bench
