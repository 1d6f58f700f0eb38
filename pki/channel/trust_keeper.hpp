// The trust of a running process, kept fresh: anchors and lists from files, lists and answers from
// the network.
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "pki/channel/revocation_refresher.hpp"
#include "pki/trust/trust_store.hpp"
#include "schemas/config/reader.hpp"

namespace truc::channel {

// The part "trust" of a configuration.
struct TrustSettings {
  pki::TrustFiles files;
  std::vector<pki::RevocationSource> sources;
  std::chrono::milliseconds refresh{0};
};

TrustSettings read_trust_settings(config::Reader& reader);

// One snapshot of files and of what a keeper has put into `folder`; fetches nothing. For commands
// that end at once. Failures: as TrustKeeper::open and load.
Result<std::shared_ptr<const pki::TrustStore>> load_kept_trust(const TrustSettings& settings,
                                                               const std::string& folder, Time now);

class TrustKeeper {
 public:
  // Without sources it only reads files. With some, `folder` keeps what was fetched; what is due is
  // fetched once before it returns, which may take kRevocationFetchTimeout for each source that is
  // down, and then in the background. Failures: those of OnlineRevocation::open; malformed_config.
  static Result<std::unique_ptr<TrustKeeper>> open(TrustSettings settings, std::string folder,
                                                   const Clock& clock, telemetry::Log& log);

  // A new snapshot of what there is now. Logs "revocation.late" for each authority whose newest
  // list is past its nextUpdate. Failures: those of TrustStore::load.
  Result<std::shared_ptr<const pki::TrustStore>> load();
  // Whether the network has brought something that the last snapshot does not know. Any thread.
  bool has_news() const;

  std::uint64_t fetched() const;
  std::uint64_t failed() const;

 private:
  TrustKeeper(TrustSettings settings, const Clock& clock, telemetry::Log& log)
      : settings_(std::move(settings)), clock_(clock), log_(log) {}

  TrustSettings settings_;
  const Clock& clock_;
  telemetry::Log& log_;
  std::shared_ptr<pki::OnlineRevocation> online_;  // null without sources
  std::unique_ptr<RevocationRefresher> refresher_;
  std::atomic<std::uint64_t> loaded_generation_{0};
};

}  // namespace truc::channel
