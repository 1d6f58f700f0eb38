// The hub over HTTPS.
#pragma once

#include <memory>

#include "edge-adapter/uplink/hub.hpp"
#include "pki/channel/http_client.hpp"

namespace truc::edge {

// `client` outlives it.
class HttpHub final : public Hub {
 public:
  explicit HttpHub(channel::HttpClient& client) : client_(client) {}

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
  // An answer below 400; others are read as problems.
  asio::awaitable<Result<channel::ClientResponse>> ask(channel::ClientRequest request);
  channel::HttpClient& client_;
};

// The body of a mailbox answer. Failure: peer_protocol when it is no list at all.
Result<MailboxPage> parse_mailbox(std::string_view body);

}  // namespace truc::edge
