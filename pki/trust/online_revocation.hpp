// What is known of revocations from authorities that are asked over the network: kept in memory and
// in a folder, so that a restart begins warm. Holds no connection: channel::RevocationRefresher
// brings what it asks for.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "pki/trust/ocsp.hpp"
#include "pki/trust/revocation.hpp"

namespace truc::pki {

// One authority, as configured.
struct RevocationSource {
  std::string issuer_file;  // PEM: the authority's certificate
  std::string crl_url;      // http://…; empty: no list from there
  std::string ocsp_url;     // http://…; empty: no responder
};

struct OnlineRevocationSettings {
  std::vector<RevocationSource> sources;
  std::string folder;  // made when missing
  // How often a list or an answer is fetched again; earlier when it would run out before.
  std::chrono::milliseconds refresh = std::chrono::hours{1};
};

// Something to fetch. A value.
struct RevocationErrand {
  std::size_t source = 0;
  std::string url;
  std::optional<OcspQuestion> question;  // none: the list
};

// Any thread. What does not verify never takes the place of what is known.
class OnlineRevocation {
 public:
  // Reads what the folder kept; what cannot be used is named in `set_aside` and fetched anew.
  // Failures: file_failed, certificate_malformed, certificate_weak (of the issuers' files).
  static Result<std::shared_ptr<OnlineRevocation>> open(OnlineRevocationSettings settings,
                                                        Time now);

  // The newest list of each source that has one: files that TrustStore::load can read.
  std::vector<std::string> list_files() const;
  // Grows when a new TrustStore would judge otherwise than one made before.
  std::uint64_t generation() const { return generation_.load(); }
  const std::vector<std::string>& set_aside() const { return set_aside_; }

  // --- For TrustStore.
  // The last answer, however old; none: the certificate is put on the list of errands, when its
  // issuer has a responder.
  std::optional<OcspAnswer> find(const Certificate& subject, const Certificate& issuer, Time now);

  // --- For the refresher. What is due at `now`, at most kRevocationErrandsMax; each is handed out
  // again only after `done` or `failed`.
  std::vector<RevocationErrand> take_due(Time now);
  // Verifies and keeps what was fetched. Failures: those of reading a list or a response;
  // certificate_untrusted; revocation_unknown for what is older than what is known. Then nothing
  // changes, and the errand is due again after a pause that grows.
  Result<void> done(const RevocationErrand& errand, const std::string& der, Time now);
  void failed(const RevocationErrand& errand, Time now);
  // Blocks until an errand is new, for `most`, or until stop_waiting().
  void wait(std::chrono::milliseconds most);
  void stop_waiting();

  OnlineRevocation(const OnlineRevocation&) = delete;
  OnlineRevocation& operator=(const OnlineRevocation&) = delete;
  ~OnlineRevocation();

 private:
  struct State;
  OnlineRevocation();
  Result<void> keep_list(const RevocationErrand& errand, const std::string& der, Time now);
  Result<void> keep_answer(const RevocationErrand& errand, const std::string& der, Time now);
  std::unique_ptr<State> state_;
  std::vector<std::string> set_aside_;
  std::atomic<std::uint64_t> generation_{0};
};

}  // namespace truc::pki
