// Drives one mailbox entry to its end: into in/ (documents, statuses) or sent/ (receipts).
#pragma once

#include <boost/asio/awaitable.hpp>

#include "edge-adapter/uplink/services.hpp"

namespace truc::edge {

// Any number at once, one per delivery. Success of both: nothing more is to be done for
// the entry, or it is in quarantine. A failure may be tried again from the start: what is done
// already is found on the disk and not done twice.
class InboundTask {
 public:
  explicit InboundTask(Services& services) : services_(services) {}

  asio::awaitable<Result<void>> run(MailboxEntry entry);
  // A sealed item found at start.
  asio::awaitable<Result<void>> finish(SealedItem item);

 private:
  // What the checks found in a fetched package.
  struct Checked {
    ReceivedRecord record;
    std::vector<edxml::BesideAttachment> beside;
  };

  asio::awaitable<Result<void>> receive_package(MailboxEntry entry);
  asio::awaitable<Result<void>> receive_receipt(MailboxEntry entry);
  asio::awaitable<Result<void>> receive_again(MailboxEntry entry, ReceivedRecord known);
  asio::awaitable<Result<std::string>> item_of(MailboxEntry& entry);
  asio::awaitable<Result<void>> fetch_and_seal(MailboxEntry entry);
  asio::awaitable<Result<void>> fetch_attachments(DeliveryId delivery,
                                                  std::vector<edxml::BesideAttachment> beside);
  asio::awaitable<Result<void>> fetch_attachment(DeliveryId delivery,
                                                 edxml::BesideAttachment attachment,
                                                 std::string name);
  asio::awaitable<Result<void>> fetch_rest(DeliveryId delivery, Sha256 sha256, std::uint64_t from,
                                           std::uint64_t size);
  asio::awaitable<Result<void>> put_again(ReceivedRecord record);
  asio::awaitable<Result<void>> put_receipt(pki::ReceiptKind kind, ReceivedRecord record);
  // Keeps `bytes` with the reason when the entry itself is to blame; hands other failures through.
  asio::awaitable<Result<void>> set_aside(MailboxEntry entry, std::string bytes, Failure failure);

  Result<Checked> check_package(const MailboxEntry& entry, std::string bytes) const;
  Result<pki::VerifiedReceipt> check_receipt(const MailboxEntry& entry) const;
  Result<void> file_receipt(const MailboxEntry& entry, const std::string& bytes) const;
  Result<ReceivedRecord> hand_over(const SealedItem& item) const;

  Services& services_;
};

}  // namespace truc::edge
