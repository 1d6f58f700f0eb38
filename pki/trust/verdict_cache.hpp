// Remembered verdicts of TrustStore. For pki/trust only.
#pragma once

#include <cstring>
#include <optional>
#include <shared_mutex>
#include <unordered_map>

#include "schemas/base/bytes.hpp"
#include "schemas/base/clock.hpp"

namespace truc::pki {

// A path that was found good, and while nothing that it rests on can have changed: within `from`
// and `until`, both included, all its certificates and the lists that cleared them are valid.
struct Verdict {
  Time from;
  Time until;
  Time revocation_known_at;
};

// At most `capacity` verdicts, the long unused ones forgotten first: two generations of half the
// capacity, where the older is dropped whole when the younger is full, and a use brings an entry
// into the younger. Any thread.
class VerdictCache {
 public:
  explicit VerdictCache(std::size_t capacity) : half_(capacity / 2) {}

  // nullopt also for a verdict that does not speak of `at`.
  std::optional<Verdict> find(const Sha256& key, Time at);
  void remember(const Sha256& key, const Verdict& verdict);

 private:
  struct Hash {
    // The key is a digest: any part of it is as good as a hash.
    std::size_t operator()(const Sha256& key) const {
      std::size_t value = 0;
      std::memcpy(&value, key.octets.data(), sizeof value);
      return value;
    }
  };
  using Generation = std::unordered_map<Sha256, Verdict, Hash>;

  void insert(const Sha256& key, const Verdict& verdict);  // with the lock held

  const std::size_t half_;
  std::shared_mutex mutex_;
  Generation young_;
  Generation old_;
};

}  // namespace truc::pki
