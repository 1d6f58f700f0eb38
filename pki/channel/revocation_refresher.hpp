// Fetches revocation lists and responders' answers in the background (RFC 5280 clause 4.2.1.13, RFC
// 6960 appendix A), so that no document and no handshake ever waits for one.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <thread>

#include "pki/trust/online_revocation.hpp"
#include "schemas/telemetry/log.hpp"

namespace truc::channel {

// One DER value of at most `most` bytes, by a GET, or by an OCSP POST of `request` when that is not
// empty. Plain HTTP: lists and answers carry signatures of their own. Redirections are followed;
// gives up after kRevocationFetchTimeout. Failure: peer_unreachable.
Result<std::string> fetch(const std::string& url, const std::string& request, std::size_t most);

// http://host[:port][/path]. Failure: malformed_config.
Result<void> require_fetchable(const std::string& url);

// Attends to what is due once in the constructor, then on a thread of its own. Logs
// "revocation.fetched" for what is new, "revocation.fetch_failed" for each failure.
class RevocationRefresher {
 public:
  struct Counters {
    std::atomic<std::uint64_t> fetched{0};
    std::atomic<std::uint64_t> failed{0};
  };

  RevocationRefresher(std::shared_ptr<pki::OnlineRevocation> online, const Clock& clock,
                      telemetry::Log& log);
  ~RevocationRefresher();  // ends the thread; a fetch under way may take its time out
  RevocationRefresher(const RevocationRefresher&) = delete;
  RevocationRefresher& operator=(const RevocationRefresher&) = delete;

  const Counters& counters() const { return counters_; }

 private:
  void run();
  void attend_due();
  void attend(const pki::RevocationErrand& errand);
  Result<void> bring(const pki::RevocationErrand& errand);

  std::shared_ptr<pki::OnlineRevocation> online_;
  const Clock& clock_;
  telemetry::Log& log_;
  Counters counters_;
  std::atomic<bool> is_stopping_{false};
  std::thread thread_;
};

}  // namespace truc::channel
