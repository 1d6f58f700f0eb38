#include "pki/channel/seats.hpp"

namespace truc::channel {

Result<std::unique_ptr<Seats::Seat>> Seats::take(std::string whose, std::size_t most) {
  const std::lock_guard lock(mutex_);
  if (all_ >= all_max_) {
    return Failure(ErrorCode::too_many_connections).because("the listener is full");
  }
  const auto entry = taken_.try_emplace(whose, 0).first;
  if (entry->second >= most) {
    return Failure(ErrorCode::too_many_connections)
        .expected("at most " + std::to_string(most) + " connections");
  }
  ++entry->second;
  ++all_;
  return std::make_unique<Seat>(*this, std::move(whose));
}

void Seats::give_back(const std::string& whose) {
  const std::lock_guard lock(mutex_);
  --all_;
  const auto entry = taken_.find(whose);
  if (--entry->second == 0) taken_.erase(entry);
}

}  // namespace truc::channel
