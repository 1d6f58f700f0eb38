#include "hub/store/transfer_cache.hpp"

namespace truc::hub {
namespace {

// An estimate: what the strings hold, and the nodes around them.
std::size_t bytes_of(const TransferRecord& record) {
  return sizeof(TransferRecord) + 256 + record.receipt.size() + record.notation.size() +
         record.addressees.size() * sizeof(Addressee) +
         record.attachments.size() * sizeof(delivery::AttachmentReference);
}

}  // namespace

TransferCache::TransferCache(std::size_t bytes_max) : bytes_max_(bytes_max) {}

std::shared_ptr<const TransferRecord> TransferCache::find(const TransferId& id) {
  const std::lock_guard lock(mutex_);
  const auto place = places_.find(id);
  if (place == places_.end()) return nullptr;
  order_.splice(order_.begin(), order_, place->second);
  return place->second->record;
}

void TransferCache::insert(std::shared_ptr<const TransferRecord> record) {
  const auto bytes = bytes_of(*record);
  const std::lock_guard lock(mutex_);
  if (places_.contains(record->id)) return;
  const auto id = record->id;
  order_.push_front(Entry{std::move(record), bytes});
  places_.emplace(id, order_.begin());
  bytes_ += bytes;
  while (bytes_ > bytes_max_ && order_.size() > 1) {
    bytes_ -= order_.back().bytes;
    places_.erase(order_.back().record->id);
    order_.pop_back();
  }
}

}  // namespace truc::hub
