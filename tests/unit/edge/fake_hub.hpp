// A hub that lives in a folder, so that it survives the adapter's process: what it has accepted,
// its mailbox, and the receipts that it was given.
#pragma once

#include <deque>
#include <map>
#include <string>
#include <vector>

#include "edge-adapter/uplink/hub.hpp"
#include "tests/support/test_pki.hpp"

namespace truc::edge {

// Keeps its promises like the real one: the same package gets the same receipt, another content
// under the same DocumentId is refused, a second delivered receipt has to be the first one.
class FakeHub final : public Hub {
 public:
  FakeHub(std::string folder, pki::ReceiptSigner signer);

  // --- What tests arrange
  // The next calls fail so, in this order.
  void fail_next(Failure failure) { failures_.push_back(std::move(failure)); }
  // Puts a package into the mailbox, with an accepted receipt of its own.
  DeliveryId deliver(const std::string& package, const AgencyCode& recipient,
                     const std::string& transfer, std::uint32_t index = 0);
  void deliver_receipt(const std::string& receipt, const AgencyCode& sender,
                       const AgencyCode& recipient, const std::string& transfer);
  void keep_attachment(const std::string& bytes);
  // Replaces the bytes that fetch() gives, but not what the entry says of them.
  void tamper(const DeliveryId& delivery, const std::string& package);
  // The next package is taken as ever, and the line breaks before the answer.
  void lose_next_answer() { loses_next_answer_ = true; }
  // The receipts from now on speak of another document.
  void lie_about_digests() { lying_ = true; }
  // The mailbox forgets that a delivery was acknowledged, as a hub restored from a backup does.
  void forget_acknowledgement(const DeliveryId& delivery);

  // --- What tests look at
  std::vector<std::string> accepted_packages() const;
  std::string receipt_of(const std::string& package) const;
  std::optional<std::string> acknowledged(const DeliveryId& delivery, pki::ReceiptKind kind) const;
  std::size_t mailbox_size() const;
  int submissions = 0;
  int parts = 0;
  int fetches = 0;
  int confirmations = 0;  // requests with them

  asio::awaitable<Result<pki::Receipt>> submit(edxml::PackageKind kind,
                                               std::shared_ptr<const std::string> package) override;
  asio::awaitable<Result<UploadProgress>> upload_progress(Sha256 sha256) override;
  asio::awaitable<Result<UploadProgress>> upload(Sha256 sha256, Part part) override;
  asio::awaitable<Result<MailboxPage>> mailbox(std::chrono::seconds wait, std::size_t max,
                                               std::size_t items_bytes) override;
  asio::awaitable<Result<std::string>> fetch(DeliveryId delivery) override;
  asio::awaitable<Result<std::string>> fetch_attachment(DeliveryId delivery, Sha256 sha256,
                                                        std::uint64_t offset,
                                                        std::size_t max) override;
  asio::awaitable<Result<std::vector<Result<void>>>> confirm(
      std::vector<pki::Confirmation> confirmations) override;
  asio::awaitable<Result<std::string>> history(TransferId transfer) override;
  asio::awaitable<Result<std::string>> history(AgencyCode sender, DocumentId document_id) override;
  asio::awaitable<Result<std::string>> lint(std::shared_ptr<const std::string> package) override;

 private:
  Result<void> scripted();
  Result<void> settle(const pki::Confirmation& confirmation);
  Result<pki::Receipt> accept(const std::string& package);
  std::string sign(const edxml::PackageContent& content, const Sha256& sha256,
                   const TransferId& transfer, std::vector<AgencyCode> recipients);

  std::string folder_;
  pki::ReceiptSigner signer_;
  std::deque<Failure> failures_;
  bool loses_next_answer_ = false;
  bool lying_ = false;
};

}  // namespace truc::edge
