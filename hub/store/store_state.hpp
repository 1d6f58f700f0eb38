// What the changes of one store share.
#pragma once

#include <cstdint>
#include <string>

#include "hub/ports/document_store.hpp"
#include "hub/store/database.hpp"
#include "hub/store/outbox.hpp"
#include "hub/store/transfer_cache.hpp"

namespace truc::hub {

struct StoreState {
  StoreState(Database& open_database, const Clock& time, std::string name_of_log);

  // Reads the counters. Before anything else.
  Result<void> load();

  // From the cache, else from the disk; null when there is none.
  Result<std::shared_ptr<const TransferRecord>> transfer(const TransferId& id);
  // The same for the committer's thread: also sees what is being written.
  Result<std::shared_ptr<const TransferRecord>> transfer(const WriteSet& writes,
                                                         const TransferId& id);

  // Adds a new item under the next sequence; what must be refused was refused before. The result is
  // for show() once the write is durable.
  OutboxEntry put(WriteSet& writes, const NewTransfer& item);
  void show(OutboxEntry entry);

  std::uint64_t next_upload(WriteSet& writes);

  Database& database;
  const Clock& clock;
  const std::string log_name;  // offsets belong to one log and mean nothing in another
  TransferCache cache;
  Outbox outbox;

 private:
  // The committer's thread. A failed write leaves a gap, which harms nobody.
  std::uint64_t sequence_ = 0;
  std::uint64_t upload_ = 0;
};

}  // namespace truc::hub
