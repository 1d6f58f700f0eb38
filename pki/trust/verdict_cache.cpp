#include "pki/trust/verdict_cache.hpp"

#include <mutex>
#include <utility>

namespace truc::pki {

std::optional<Verdict> VerdictCache::find(const Sha256& key, Time at) {
  const auto speaks_of = [at](const Verdict& verdict) {
    return verdict.from <= at && at <= verdict.until;
  };
  std::optional<Verdict> aged;
  {
    const std::shared_lock lock(mutex_);
    if (const auto found = young_.find(key); found != young_.end())
      return speaks_of(found->second) ? std::optional(found->second) : std::nullopt;
    if (const auto found = old_.find(key); found != old_.end() && speaks_of(found->second))
      aged = found->second;
  }
  if (aged) remember(key, *aged);
  return aged;
}

void VerdictCache::remember(const Sha256& key, const Verdict& verdict) {
  const std::unique_lock lock(mutex_);
  insert(key, verdict);
}

void VerdictCache::insert(const Sha256& key, const Verdict& verdict) {
  if (young_.size() >= half_ && !young_.contains(key)) {
    old_ = std::move(young_);
    young_ = Generation();
  }
  young_.insert_or_assign(key, verdict);
}

}  // namespace truc::pki
