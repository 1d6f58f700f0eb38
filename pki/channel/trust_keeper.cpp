#include "pki/channel/trust_keeper.hpp"

#include "schemas/base/limits.hpp"

namespace truc::channel {

using namespace std::chrono_literals;

TrustSettings read_trust_settings(config::Reader& reader) {
  TrustSettings trust;
  trust.files.anchor_files = reader.texts("trust.anchors", "PEM files of the root certificates.");
  trust.files.crl_files = reader.texts(
      "trust.crls",
      "Files of revocation lists, PEM or DER; each authority needs a list or a source.",
      std::vector<std::string>());
  trust.files.revocation_grace = reader.duration(
      "trust.revocation_grace",
      "How long past its nextUpdate a revocation list or an answer is still believed.", 24h, 0ms,
      30 * 24h);
  trust.files.policies = reader.texts(
      "trust.policies", "Certificate policies, of which each path must allow one; empty: any.",
      std::vector<std::string>());
  trust.refresh = reader.duration(
      "trust.refresh", "How often lists and answers are fetched from trust.source.", 1h, 10s, 24h);
  for (config::Reader* source :
       reader.tables("trust.source", "An authority that is asked over the network.")) {
    pki::RevocationSource one;
    one.issuer_file = source->text("issuer", "PEM file of the authority's certificate.");
    one.crl_url = source->text("crl", "http:// address of its revocation list; empty: none.", "");
    one.ocsp_url = source->text("ocsp", "http:// address of its OCSP responder; empty: none.", "");
    trust.sources.push_back(std::move(one));
  }
  return trust;
}

namespace {

Result<void> require_usable(const TrustSettings& settings) {
  const auto& sources = settings.sources;
  if (sources.empty() && settings.files.crl_files.empty()) {
    return Failure(ErrorCode::malformed_config)
        .at("trust")
        .expected("revocation lists in trust.crls, or a trust.source")
        .found("neither: nothing could be believed");
  }
  if (sources.size() > limits::kRevocationSourcesMax) {
    return Failure(ErrorCode::malformed_config)
        .at("trust.source")
        .expected("at most " + std::to_string(limits::kRevocationSourcesMax))
        .found(std::to_string(sources.size()));
  }
  for (const auto& source : sources) {
    if (source.crl_url.empty() && source.ocsp_url.empty()) {
      return Failure(ErrorCode::malformed_config)
          .at("trust.source of " + source.issuer_file)
          .expected("crl, ocsp or both");
    }
    for (const auto& url : {source.crl_url, source.ocsp_url}) {
      if (url.empty()) continue;
      TRUC_TRY(require_fetchable(url));
    }
  }
  return success();
}

}  // namespace

Result<std::shared_ptr<const pki::TrustStore>> load_kept_trust(const TrustSettings& settings,
                                                               const std::string& folder,
                                                               Time now) {
  TRUC_TRY(require_usable(settings));
  pki::TrustFiles files = settings.files;
  if (!settings.sources.empty()) {
    pki::OnlineRevocationSettings online{settings.sources, folder, settings.refresh};
    TRUC_TRY(files.online, pki::OnlineRevocation::open(std::move(online), now));
  }
  return pki::TrustStore::load(files);
}

Result<std::unique_ptr<TrustKeeper>> TrustKeeper::open(TrustSettings settings, std::string folder,
                                                       const Clock& clock, telemetry::Log& log) {
  TRUC_TRY(require_usable(settings));
  std::unique_ptr<TrustKeeper> keeper(new TrustKeeper(std::move(settings), clock, log));
  if (keeper->settings_.sources.empty()) return keeper;
  pki::OnlineRevocationSettings online{keeper->settings_.sources, std::move(folder),
                                       keeper->settings_.refresh};
  TRUC_TRY(keeper->online_, pki::OnlineRevocation::open(std::move(online), clock.now()));
  for (const auto& path : keeper->online_->set_aside())
    log.warn("revocation.set_aside", {{"file", path}});
  keeper->settings_.files.online = keeper->online_;
  keeper->refresher_ = std::make_unique<RevocationRefresher>(keeper->online_, clock, log);
  return keeper;
}

Result<std::shared_ptr<const pki::TrustStore>> TrustKeeper::load() {
  const std::uint64_t generation = online_ ? online_->generation() : 0;
  TRUC_TRY(auto trust, pki::TrustStore::load(settings_.files));
  loaded_generation_ = generation;
  const Time now = clock_.now();
  for (const auto& one : trust->standing()) {
    if (one.next_update >= now) continue;
    log_.warn("revocation.late",
              {{"authority", one.authority},
               {"issued", to_rfc3339(one.issued)},
               {"next_update", to_rfc3339(one.next_update)},
               {"believed_until", to_rfc3339(one.next_update + settings_.files.revocation_grace)}});
  }
  return trust;
}

bool TrustKeeper::has_news() const {
  return online_ && online_->generation() != loaded_generation_;
}

std::uint64_t TrustKeeper::fetched() const {
  return refresher_ ? refresher_->counters().fetched.load() : 0;
}

std::uint64_t TrustKeeper::failed() const {
  return refresher_ ? refresher_->counters().failed.load() : 0;
}

}  // namespace truc::channel
