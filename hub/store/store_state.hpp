// What the changes of one store share.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "hub/ports/document_store.hpp"
#include "hub/store/database.hpp"
#include "hub/store/mailbox_heads.hpp"
#include "hub/store/outbox.hpp"
#include "hub/store/records.hpp"
#include "hub/store/rocks_store.hpp"
#include "hub/store/signer_texts.hpp"
#include "hub/store/transfer_cache.hpp"

namespace truc::hub {

struct StoreState {
  StoreState(Database& open_database, const Clock& time, StoreSettings chosen);

  // Reads the counters, and empties an outbox that nobody else would. Before anything else.
  Result<void> load();

  // From the cache, else from the disk; null when there is none.
  Result<std::shared_ptr<const TransferRecord>> transfer(const TransferId& id);
  // The same for the committer's thread: also sees what is being written.
  Result<std::shared_ptr<const TransferRecord>> transfer(const WriteSet& writes,
                                                         const TransferId& id);
  // As it was handed in; null when there is none.
  Result<std::shared_ptr<const std::string>> bytes(const TransferId& id);

  // Adds a new item under the next sequence; what must be refused was refused before. Without a log
  // its deliveries go into their mailboxes, else it goes into the outbox. The result is for show()
  // once the write is durable.
  // `packed` is its bytes (packing.hpp), or a receipt cut short (signer_texts.hpp).
  OutboxEntry put(WriteSet& writes, NewTransfer item, std::string_view packed);
  // Of the items put since the last time; in the same write as they.
  void put_sequence(WriteSet& writes);
  void show(OutboxEntry entry);
  // What has happened to a delivery so far; an empty row when nothing has.
  Result<records::DeliveryRow> delivery(const WriteSet& writes, const DeliveryId& id);
  void put_delivery(WriteSet& writes, const DeliveryId& id, records::DeliveryRow row);
  // A row of `deliveries` as it stands there; `writes` when it may be from there, else null.
  Result<records::DeliveryRow> read_delivery(std::string_view row, const WriteSet* writes);
  // Puts a delivery that a log has brought into its mailbox, unless it is or was there: then false.
  Result<bool> bring(WriteSet& writes, const MailboxEntry& entry, std::int64_t position);

  std::uint64_t next_upload(WriteSet& writes);
  // The last that were given to an item and to an upload.
  struct Numbers {
    std::uint64_t sequence = 0;
    std::uint64_t upload = 0;
  };
  Numbers numbers() const { return numbers_; }
  // What was numbered since was not written.
  void give_again_after(Numbers numbers) { numbers_ = numbers; }
  // Reading goes on from there.
  void put_position(WriteSet& writes, const JournalPosition& position) const;
  Result<JournalPosition> position() const;
  // Notes that the store is made from the journal of this name. Failure: journal_mismatch, when it
  // was made from another, or from none.
  Result<void> bind_to_journal(const std::string& name);
  // For what only a log brings about.
  const std::string& log_name() const;

  Database& database;
  const Clock& clock;
  const StoreSettings settings;
  TransferCache cache;
  SignerTexts signers;
  MailboxHeads heads;
  Outbox outbox;

 private:
  Result<std::shared_ptr<const TransferRecord>> read_transfer(std::string_view row,
                                                              const WriteSet* writes);
  bool has_outbox() const { return settings.log_name || settings.journal != nullptr; }
  Result<void> empty_outbox();
  void put_into_mailbox(WriteSet& writes, const TransferRecord& transfer, std::uint32_t index,
                        std::int64_t position);

  // The committer's thread. Without a journal a failed write leaves a gap, which harms nobody.
  Numbers numbers_;
  bool is_sequence_used_ = false;  // since put_sequence()
};

}  // namespace truc::hub
