// The hub as the adapter sees it (docs/protocol/http.md, agency listener).
#pragma once

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "pki/receipt/confirmations.hpp"
#include "pki/receipt/receipt.hpp"
#include "schemas/base/bytes.hpp"
#include "schemas/base/result.hpp"
#include "schemas/delivery/delivery_record.hpp"
#include "schemas/edxml/envelope.hpp"

namespace truc::edge {

namespace asio = boost::asio;

struct MailboxEntry {
  delivery::DeliveryRecord record;
  std::string receipt;  // the hub's "accepted" receipt; empty for items of kind receipt
  std::string item;     // the item itself, where the page holds it; else empty
};

struct MailboxPage {
  std::vector<MailboxEntry> entries;  // in the hub's order
  std::vector<Failure> malformed;     // entries that could not be read; they do not hide the others
};

// How much of an attachment the hub has made durable.
struct UploadProgress {
  enum class State : std::uint8_t { partial, complete } state = State::partial;
  std::uint64_t offset = 0;
};

// One piece of a file.
struct Part {
  std::uint64_t offset = 0;
  std::uint64_t total = 0;
  std::shared_ptr<const std::string> bytes;
};

// Interface. Calls of one executor; each ends within its deadline. Nothing that comes back is
// trusted: receipts and packages are verified by who asks.
//
// Failures: the hub's own refusals with their codes. Everything that kept an answer from coming
// (connection, TLS, time) is peer_unreachable; an answer that makes no sense is peer_protocol.
class Hub {
 public:
  virtual ~Hub() = default;

  virtual asio::awaitable<Result<pki::Receipt>> submit(
      edxml::PackageKind kind, std::shared_ptr<const std::string> package) = 0;
  virtual asio::awaitable<Result<UploadProgress>> upload_progress(Sha256 sha256) = 0;
  virtual asio::awaitable<Result<UploadProgress>> upload(Sha256 sha256, Part part) = 0;
  // Documents and statuses come with the page while they are together at most `items_bytes`.
  virtual asio::awaitable<Result<MailboxPage>> mailbox(std::chrono::seconds wait, std::size_t max,
                                                       std::size_t items_bytes) = 0;
  virtual asio::awaitable<Result<std::string>> fetch(DeliveryId delivery) = 0;
  // Up to `max` bytes from `offset`; empty only when nothing lies there.
  virtual asio::awaitable<Result<std::string>> fetch_attachment(DeliveryId delivery, Sha256 sha256,
                                                                std::uint64_t offset,
                                                                std::size_t max) = 0;
  // 1 to pki::kConfirmationsMax, each with an outcome of its own, in the same order.
  virtual asio::awaitable<Result<std::vector<Result<void>>>> confirm(
      std::vector<pki::Confirmation> confirmations) = 0;
  // The history's JSON, by transfer or by the sender's own identifier.
  virtual asio::awaitable<Result<std::string>> history(TransferId transfer) = 0;
  virtual asio::awaitable<Result<std::string>> history(AgencyCode sender,
                                                       DocumentId document_id) = 0;
  // What the hub would refuse `package` for, as JSON (schemas/base/fault_list.hpp); nothing is sent
  // by it.
  virtual asio::awaitable<Result<std::string>> lint(std::shared_ptr<const std::string> package) = 0;
};

// Is it the line (nobody's fault but the network's or the hub's as a whole), rather than the item?
enum class Trouble : std::uint8_t {
  line,   // every item would meet it: wait for the hub
  item,   // this item meets it now, and may not later
  final,  // this item will never succeed as it is
};
Trouble trouble_of(const Failure& failure);

}  // namespace truc::edge
