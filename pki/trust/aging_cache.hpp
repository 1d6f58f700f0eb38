// A bounded memory of things named by a digest. For pki/trust only.
#pragma once

#include <cstring>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <unordered_map>
#include <utility>

#include "schemas/base/bytes.hpp"

namespace truc::pki {

// At most `capacity` values, the long unused ones forgotten first: two generations of half the
// capacity, where the older is dropped whole when the younger is full, and a use brings a value
// into the younger. Any thread.
template <class Value>
class AgingCache {
 public:
  explicit AgingCache(std::size_t capacity) : half_(capacity / 2) {}

  std::optional<Value> find(const Sha256& key) {
    std::optional<Value> aged;
    {
      const std::shared_lock lock(mutex_);
      if (const auto found = young_.find(key); found != young_.end()) return found->second;
      if (const auto found = old_.find(key); found != old_.end()) aged = found->second;
    }
    if (aged) remember(key, *aged);
    return aged;
  }

  void remember(const Sha256& key, const Value& value) {
    const std::unique_lock lock(mutex_);
    if (young_.size() >= half_ && !young_.contains(key)) old_ = std::exchange(young_, {});
    young_.insert_or_assign(key, value);
  }

 private:
  struct Hash {
    // The key is a digest: any part of it is as good as a hash.
    std::size_t operator()(const Sha256& key) const {
      std::size_t value = 0;
      std::memcpy(&value, key.octets.data(), sizeof value);
      return value;
    }
  };
  using Generation = std::unordered_map<Sha256, Value, Hash>;

  const std::size_t half_;
  std::shared_mutex mutex_;
  Generation young_;
  Generation old_;
};

}  // namespace truc::pki
