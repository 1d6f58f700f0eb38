// What the hub keeps, and the one place where something becomes durable.
//
// Writes that somebody waits for go through a group commit: many changes, one write, one fsync; the
// completion runs after the fsync and never before. Reads are immediate and see every completed
// write. All functions are safe from any thread unless they say otherwise.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "hub/ports/event_log.hpp"
#include "schemas/delivery/delivery_record.hpp"

namespace truc::hub {

// One addressee of a transfer; its position in TransferRecord::addressees is DeliveryId::index.
struct Addressee {
  AgencyCode addressee;  // as written in the package
  AgencyCode recipient;  // who receives it: the same, or its successor
  Level level = Level::one;
};

// The document that a status package or a receipt is about.
struct Regarding {
  AgencyCode sender;
  DocumentId document_id;
};

// One accepted item, whatever its kind. Immutable once stored.
struct TransferRecord {
  TransferId id;
  delivery::ItemKind kind = delivery::ItemKind::document;
  AgencyCode sender;
  DocumentId document_id;
  std::string notation;
  Sha256 sha256;
  std::uint64_t size = 0;
  edxml::Priority priority = edxml::Priority::normal;
  Time accepted_at;
  std::vector<Addressee> addressees;
  std::vector<delivery::AttachmentReference> attachments;  // beside the envelope
  std::optional<Regarding> regarding;
  std::string receipt;  // "accepted", exact text; empty for items of kind receipt
  // Its deliveries' place in the order of their mailboxes, where the write that accepted it put
  // them there; none where a log brings them. The store's: what is committed has none.
  std::optional<std::int64_t> mailbox_position = {};
  // Who says so in its history, where that began with its acceptance; else empty. The store's.
  std::string accepted_by = {};
};

// Everything about one delivery that changes after acceptance.
struct DeliveryState {
  std::optional<Time> mailed_at;  // stands in the recipient's mailbox since
  std::optional<Time> delivered_at;
  std::optional<Time> registered_at;
  std::string delivered_receipt;  // exact text, empty until then
  std::string registered_receipt;
};

// One line of a document's history.
struct HistoryEvent {
  Time at;
  std::string event;   // "accepted", "delivered", "registered", "status", "recall", …
  std::string actor;   // "hub:…" or "agency:…"
  std::string detail;  // e.g. the status code; never document content
  std::optional<TransferId> transfer;  // the status package or receipt behind it
};

// A new item with its bytes. `history` is written to the document it belongs to: `history_of`,
// which is the item itself for a document, and the document regarded for a status.
struct NewTransfer {
  TransferRecord record;
  std::shared_ptr<const std::string> bytes;
  TransferId history_of;
  HistoryEvent history;
  // The uploading system, for items with attachments beside: staged parts are taken from it.
  std::optional<SystemId> uploader;
  // The sender's codes beside record.sender: an agency uses a DocumentId once, under whatever code.
  std::vector<AgencyCode> other_codes = {};
};

// The proof that the write behind it is durable. Only a store makes one, after the fsync.
class Durable {
 public:
  enum class Outcome : std::uint8_t {
    stored,    // new
    repeated,  // the same sender, DocumentId and digest were stored before: `receipt` is that one's
  };
  Outcome outcome() const { return outcome_; }
  const TransferId& transfer() const { return transfer_; }
  const std::string& receipt() const { return receipt_; }

 protected:
  Durable(Outcome outcome, TransferId transfer, std::string receipt)
      : outcome_(outcome), transfer_(transfer), receipt_(std::move(receipt)) {}

 private:
  friend class DurableMaker;
  Outcome outcome_;
  TransferId transfer_;
  std::string receipt_;
};

// For implementations of DocumentStore (and fakes in tests) only: call after the fsync.
class DurableMaker {
 public:
  static Durable make(Durable::Outcome outcome, TransferId transfer, std::string receipt) {
    return Durable(outcome, transfer, std::move(receipt));
  }
};

// A receipt that a recipient's agency signed about its delivery (already verified), with the item
// that carries it to the original sender's mailbox.
struct RecipientReceipt {
  DeliveryId delivery;
  bool is_registered = false;  // else delivered: also takes the entry off the mailbox
  Time at;
  std::string receipt;    // exact text
  NewTransfer to_sender;  // kind receipt, one addressee: the original sender
};

struct MailboxEntry {
  std::shared_ptr<const TransferRecord> transfer;  // never null
  std::uint32_t index = 0;                         // below the number of addressees
  // The item's bytes, where the page has them; else null.
  std::shared_ptr<const std::string> item = nullptr;
  DeliveryId delivery() const { return {transfer->id, index}; }
};

// The most that a page of the mailbox holds.
struct PageSize {
  std::size_t entries = 0;
  std::size_t bytes = 0;  // about; of receipts and items
  // Of documents and statuses that come with the page, in its order, together; one that does not
  // fit into what is left does not come. Items of kind receipt always do, where they can be read.
  std::size_t items_bytes = 0;
};

// What is told of a delivery: in its recipient's mailbox, and on the topics. `index` is below the
// number of addressees.
inline delivery::DeliveryRecord delivery_of(const TransferRecord& transfer, std::uint32_t index) {
  const auto& to = transfer.addressees.at(index);
  return delivery::DeliveryRecord{.delivery = {transfer.id, index},
                                  .kind = transfer.kind,
                                  .sender = transfer.sender,
                                  .recipient = to.recipient,
                                  .addressee = to.addressee,
                                  .level = to.level,
                                  .priority = transfer.priority,
                                  .document_id = transfer.document_id,
                                  .notation = transfer.notation,
                                  .sha256 = transfer.sha256,
                                  .size = transfer.size,
                                  .attachments = transfer.attachments,
                                  .accepted_at = transfer.accepted_at};
}

// A place in the outbox: everything accepted that a log has to bring to the mailboxes and that is
// not in it yet. Without a log there is none: what is accepted stands in the mailboxes.
struct OutboxEntry {
  std::uint64_t sequence = 0;
  std::shared_ptr<const TransferRecord> transfer;
};

// A delivery that has come into its recipient's mailbox.
struct MailedDelivery {
  AgencyCode recipient;
  Level level = Level::one;
  delivery::ItemKind kind = delivery::ItemKind::document;
};

struct StagedUpload {
  std::uint64_t received = 0;  // bytes from the start that are durable
  bool complete = false;       // received all, and the digest holds
};

// One row of the operators' overview.
struct TransferSummary {
  std::shared_ptr<const TransferRecord> transfer;
  std::vector<DeliveryState> deliveries;  // by index
};

using CommitDone = std::function<void(Result<Durable>)>;

class DocumentStore {
 public:
  virtual ~DocumentStore() = default;

  // --- Accepting. `done` runs once, on a thread of the store, after the fsync or the failure; it
  // must only post. Failures: document_conflict, attachment_missing (names the digests),
  // storage_failed, busy (kCommitQueueMax), shutting_down.
  virtual void commit(NewTransfer transfer, CommitDone done) = 0;
  // The same for recipients' receipts. A second identical call is `repeated`; another text of the
  // same kind is receipt_conflict. Failures also: delivery_unknown.
  virtual void commit(RecipientReceipt receipt, CommitDone done) = 0;
  // Takes items of kind receipt off their mailboxes, all or none. At least one; `done` speaks of
  // the first. Repeating is success. Failure: delivery_unknown.
  virtual void acknowledge(std::vector<DeliveryId> deliveries, CommitDone done) = 0;

  // --- Attachments beside the envelope. Blocking; call from a worker.
  // `part` starts at `offset`, which equals what is staged, else malformed_range. Durable on
  // return. When `total` is reached the digest is checked: attachment_mismatch drops the upload.
  // Failures also: staging_full, attachment_too_large.
  virtual Result<StagedUpload> stage(const SystemId& system, const Sha256& sha256,
                                     std::uint64_t total, std::uint64_t offset,
                                     std::string part) = 0;
  virtual Result<StagedUpload> staged(const SystemId& system, const Sha256& sha256) = 0;
  // Up to kBlobChunkBytes from `offset`, empty at the end. Failure: not_found, storage_corrupt.
  virtual Result<std::string> read_attachment(const Sha256& sha256, std::uint64_t offset) = 0;

  // --- Reading. nullopt / empty when there is none; failures: storage_failed, storage_corrupt.
  virtual Result<std::optional<TransferId>> find(const AgencyCode& sender,
                                                 const DocumentId& document_id) = 0;
  virtual Result<std::shared_ptr<const TransferRecord>> transfer(const TransferId& id) = 0;
  virtual Result<std::shared_ptr<const std::string>> bytes(const TransferId& id) = 0;
  virtual Result<DeliveryState> delivery_state(const DeliveryId& id) = 0;
  virtual Result<std::vector<HistoryEvent>> history(const TransferId& document) = 0;
  // Most urgent first, then oldest.
  virtual Result<std::vector<MailboxEntry>> mailbox(const std::vector<AgencyCode>& agencies,
                                                    const PageSize& most) = 0;
  // The newest transfers of kind document, newest first.
  virtual Result<std::vector<TransferSummary>> latest(std::size_t max) = 0;

  // --- Outbox, for the relay's one thread. Blocks until there is an entry after `after`, `wait`
  // passes (empty) or stop_waiting() is called (cancelled).
  virtual Result<std::vector<OutboxEntry>> outbox(std::uint64_t after, std::size_t max,
                                                  std::chrono::milliseconds wait) = 0;
  // Everything up to `sequence` is in the log.
  virtual Result<void> outbox_done(std::uint64_t sequence) = 0;
  virtual std::uint64_t outbox_depth() = 0;
  virtual void stop_waiting() = 0;

  // --- Mailboxes, for the feeder's one thread. Puts the records into the mailboxes and notes where
  // reading goes on in each partition of `next`, in one write. A delivery that was mailed before is
  // left alone. Returns those that are new. Failures also: malformed_record, when one of them is no
  // delivery of this hub; then nothing was written.
  virtual Result<std::vector<MailedDelivery>> feed(std::span<const ReadRecord> records,
                                                   std::span<const NextOffset> next) = 0;
  virtual Result<std::int64_t> next_offset(Partition partition) = 0;  // 0 at the beginning
};

}  // namespace truc::hub
