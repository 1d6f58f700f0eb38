// The records read last, parsed: the relay, the feeder and the recipients of a circular all ask for
// the same few, and a circular's record is a megabyte of JSON.
#pragma once

#include <cstddef>
#include <list>
#include <map>
#include <memory>
#include <mutex>

#include "hub/ports/document_store.hpp"

namespace truc::hub {

// Least recently used go first once `bytes_max` is reached. Safe from any thread.
class TransferCache {
 public:
  explicit TransferCache(std::size_t bytes_max);

  // Null when it is not here.
  std::shared_ptr<const TransferRecord> find(const TransferId& id);
  void insert(std::shared_ptr<const TransferRecord> record);

 private:
  struct Entry {
    std::shared_ptr<const TransferRecord> record;
    std::size_t bytes;
  };
  using Order = std::list<Entry>;  // the most recently used first

  const std::size_t bytes_max_;
  std::mutex mutex_;
  Order order_;                                   // guarded by mutex_
  std::map<TransferId, Order::iterator> places_;  // guarded by mutex_
  std::size_t bytes_ = 0;                         // guarded by mutex_
};

}  // namespace truc::hub
