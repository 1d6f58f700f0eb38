#include "edge-adapter/uplink/http_hub.hpp"

#include <charconv>

#include "edge-adapter/uplink/problem.hpp"
#include "schemas/base/limits.hpp"
#include "schemas/base/problem.hpp"

namespace truc::edge {
namespace {

using channel::ClientRequest;
using channel::ClientResponse;
using channel::Method;

// A full page with receipts of many recipients each.
constexpr std::size_t kMailboxBytesMax = 32 * limits::kMiB;
// Head room over the long poll itself: the hub answers an empty page at its end.
constexpr auto kPollGrace = std::chrono::seconds(15);

Failure senseless(std::string place, std::string expected) {
  return Failure(ErrorCode::peer_protocol).at(std::move(place)).expected(std::move(expected));
}

Result<UploadProgress> read_progress(const ClientResponse& response) {
  const auto offset_text = response.headers.find("Upload-Offset");
  const auto complete = response.headers.find("Upload-Complete");
  if (!offset_text || !complete || (*complete != "true" && *complete != "false"))
    return senseless("/v1/attachments", "Upload-Offset and Upload-Complete");
  UploadProgress progress;
  const char* end = offset_text->data() + offset_text->size();
  const auto parsed = std::from_chars(offset_text->data(), end, progress.offset);
  if (parsed.ec != std::errc() || parsed.ptr != end)
    return senseless("Upload-Offset", "a number of bytes");
  progress.state =
      *complete == "true" ? UploadProgress::State::complete : UploadProgress::State::partial;
  return progress;
}

std::string delivery_target(const DeliveryId& delivery) {
  return "/v1/deliveries/" + delivery.text();
}

}  // namespace

asio::awaitable<Result<ClientResponse>> HttpHub::ask(ClientRequest request) {
  auto answer = co_await client_.send(std::move(request));
  if (!answer) {
    // Whatever kept the answer away, an expired certificate of the hub included, is no verdict on
    // a document: it may pass.
    if (answer.error().code() == ErrorCode::cancelled) co_return std::move(answer).error();
    co_return Failure(ErrorCode::peer_unreachable).because(to_log_line(answer.error()));
  }
  if (answer.value().status >= 400)
    co_return read_problem(answer.value().status, answer.value().body);
  if (answer.value().status < 200 || answer.value().status >= 300)
    co_return senseless("status", "2xx");
  co_return std::move(answer).value();
}

asio::awaitable<Result<pki::Receipt>> HttpHub::submit(edxml::PackageKind kind,
                                                      std::shared_ptr<const std::string> package) {
  const bool document = kind == edxml::PackageKind::document;
  ClientRequest request(Method::post, document ? "/v1/documents" : "/v1/statuses");
  request.content_type = channel::kEnvelopeXml;
  request.body = std::move(package);
  auto answer = co_await ask(std::move(request));
  if (!answer) co_return std::move(answer).error();
  co_return pki::Receipt(std::move(answer.value().body));
}

asio::awaitable<Result<UploadProgress>> HttpHub::upload_progress(Sha256 sha256) {
  ClientRequest request(Method::head, "/v1/attachments/" + sha256.hex());
  auto answer = co_await ask(std::move(request));
  if (!answer) co_return std::move(answer).error();
  co_return read_progress(answer.value());
}

asio::awaitable<Result<UploadProgress>> HttpHub::upload(Sha256 sha256, Part part) {
  ClientRequest request(Method::put, "/v1/attachments/" + sha256.hex());
  const std::uint64_t last = part.offset + part.bytes->size() - 1;
  request.headers.set("Content-Range", "bytes " + std::to_string(part.offset) + "-" +
                                           std::to_string(last) + "/" + std::to_string(part.total));
  request.content_type = "application/octet-stream";
  request.body = std::move(part.bytes);
  auto answer = co_await ask(std::move(request));
  if (!answer) co_return std::move(answer).error();
  co_return read_progress(answer.value());
}

asio::awaitable<Result<MailboxPage>> HttpHub::mailbox(std::chrono::seconds wait, std::size_t max,
                                                      std::size_t items_bytes) {
  ClientRequest request(Method::get, "/v1/mailbox?wait=" + std::to_string(wait.count()) +
                                         "&max=" + std::to_string(max) +
                                         "&items=" + std::to_string(items_bytes));
  request.timeout = wait + kPollGrace;
  request.answer_bytes_max = kMailboxBytesMax;
  auto answer = co_await ask(std::move(request));
  if (!answer) co_return std::move(answer).error();
  co_return parse_mailbox(answer.value().body);
}

asio::awaitable<Result<std::string>> HttpHub::fetch(DeliveryId delivery) {
  ClientRequest request(Method::get, delivery_target(delivery));
  auto answer = co_await ask(std::move(request));
  if (!answer) co_return std::move(answer).error();
  co_return std::move(answer.value().body);
}

asio::awaitable<Result<std::string>> HttpHub::fetch_attachment(DeliveryId delivery, Sha256 sha256,
                                                               std::uint64_t offset,
                                                               std::size_t max) {
  ClientRequest request(Method::get, delivery_target(delivery) + "/attachments/" + sha256.hex());
  request.headers.set("Range",
                      "bytes=" + std::to_string(offset) + "-" + std::to_string(offset + max - 1));
  request.answer_bytes_max = max;
  auto answer = co_await ask(std::move(request));
  if (!answer) co_return std::move(answer).error();
  // 200 is the whole file: right only from the start.
  if (answer.value().status != 206 && offset != 0) co_return senseless("status", "206");
  co_return std::move(answer.value().body);
}

asio::awaitable<Result<std::vector<Result<void>>>> HttpHub::confirm(
    std::vector<pki::Confirmation> confirmations) {
  ClientRequest request(Method::post, "/v1/deliveries");
  request.content_type = channel::kPlainText;
  request.body = std::make_shared<const std::string>(pki::write_confirmations(confirmations));
  auto answer = co_await ask(std::move(request));
  if (!answer) co_return std::move(answer).error();
  co_return read_outcomes(answer.value().body, confirmations.size());
}

asio::awaitable<Result<std::string>> HttpHub::history(TransferId transfer) {
  ClientRequest request(Method::get, "/v1/documents/" + transfer.text());
  auto answer = co_await ask(std::move(request));
  if (!answer) co_return std::move(answer).error();
  co_return std::move(answer.value().body);
}

asio::awaitable<Result<std::string>> HttpHub::history(AgencyCode sender, DocumentId document_id) {
  ClientRequest request(Method::get,
                        "/v1/documents?sender=" + channel::encode_component(sender.text()) +
                            "&document_id=" + channel::encode_component(document_id.text()));
  auto answer = co_await ask(std::move(request));
  if (!answer) co_return std::move(answer).error();
  co_return std::move(answer.value().body);
}

asio::awaitable<Result<std::string>> HttpHub::lint(std::shared_ptr<const std::string> package) {
  ClientRequest request(Method::post, "/v1/lint");
  request.content_type = channel::kEnvelopeXml;
  request.body = std::move(package);
  auto answer = co_await ask(std::move(request));
  if (!answer) co_return std::move(answer).error();
  co_return std::move(answer.value().body);
}

}  // namespace truc::edge
