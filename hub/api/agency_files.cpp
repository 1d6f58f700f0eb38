// AgencyApi: items and attachments, up and down.
#include <algorithm>

#include "hub/api/agency_view.hpp"
#include "hub/api/ranges.hpp"

namespace truc::hub {
namespace {

using channel::Request;
using channel::Response;

Response upload_response(const StagedUpload& upload) {
  Response response;
  response.headers.set("Upload-Offset", std::to_string(upload.received));
  response.headers.set("Upload-Complete", upload.complete ? "true" : "false");
  return response;
}

// Streams a stored attachment chunk by chunk; owned by the answer.
class AttachmentSource {
 public:
  AttachmentSource(DocumentStore& store, channel::WorkerPool& readers, Sha256 sha256,
                   WantedRange range)
      : store_(store),
        readers_(readers),
        sha256_(sha256),
        offset_(range.first),
        left_(range.length) {}

  static asio::awaitable<Result<std::string>> next(std::shared_ptr<AttachmentSource> self) {
    if (self->left_ == 0) co_return std::string();
    const auto read = [&] { return self->store_.read_attachment(self->sha256_, self->offset_); };
    Result<std::string> chunk = co_await self->readers_.run(read);
    if (!chunk) co_return std::move(chunk).error();
    // A blob that is shorter than its transfer said must not look like the end of the answer.
    if (chunk.value().empty()) co_return ErrorCode::storage_corrupt;
    std::string bytes = std::move(chunk).value();
    if (bytes.size() > self->left_) bytes.resize(static_cast<std::size_t>(self->left_));
    self->offset_ += bytes.size();
    self->left_ -= bytes.size();
    co_return bytes;
  }

 private:
  DocumentStore& store_;
  channel::WorkerPool& readers_;
  Sha256 sha256_;
  std::uint64_t offset_;
  std::uint64_t left_;
};

// Bytes that count against the budget for as long as an answer holds them.
std::shared_ptr<const std::string> held_with(std::shared_ptr<const std::string> bytes,
                                             ByteBudget::Share share) {
  struct Held {
    std::shared_ptr<const std::string> bytes;
    ByteBudget::Share share;
  };
  const auto held = std::make_shared<Held>(Held{std::move(bytes), std::move(share)});
  return {held, held->bytes.get()};
}

std::string content_range(const WantedRange& range, std::uint64_t size) {
  return "bytes " + std::to_string(range.first) + '-' +
         std::to_string(range.first + range.length - 1) + '/' + std::to_string(size);
}

}  // namespace

AgencyApi::Answer AgencyApi::upload_state(Request& request) {
  TRUC_CO_TRY(const auto sha256, Sha256::parse_hex(request.target.segments[2]));
  const auto look = [&] { return services_.shared.store.staged(*request.peer->system, sha256); };
  Result<StagedUpload> upload = co_await services_.readers.run(look);
  if (!upload) co_return std::move(upload).error();
  co_return upload_response(upload.value());
}

AgencyApi::Answer AgencyApi::upload_part(Request& request) {
  TRUC_CO_TRY(const auto sha256, Sha256::parse_hex(request.target.segments[2]));
  const auto stated = request.headers.find("Content-Range");
  TRUC_CO_TRY(const auto range, parse_content_range(stated.value_or("")));
  if (range.length > limits::kAttachmentPartBytesMax) {
    co_return Failure(ErrorCode::body_too_large)
        .expected("parts of at most " + std::to_string(limits::kAttachmentPartBytesMax) + " bytes")
        .found(std::to_string(range.length));
  }
  const auto share = budget_.take(request.peer->text(), static_cast<std::size_t>(range.length));
  if (!share) co_return ErrorCode::busy;
  Result<std::string> part =
      co_await request.body->read_all(static_cast<std::size_t>(range.length));
  if (!part) co_return std::move(part).error();
  if (part.value().size() != range.length) {
    co_return Failure(ErrorCode::malformed_range)
        .at("Content-Range")
        .expected(std::to_string(range.length) + " bytes")
        .found(std::to_string(part.value().size()));
  }
  const auto stage = [&] {
    return services_.shared.store.stage(*request.peer->system, sha256, range.total, range.first,
                                        std::move(part).value());
  };
  Result<StagedUpload> upload = co_await services_.readers.run(stage);
  if (!upload) co_return std::move(upload).error();
  co_return upload_response(upload.value());
}

AgencyApi::Answer AgencyApi::fetch(Request& request) {
  TRUC_CO_TRY(const auto delivery, DeliveryId::parse(request.target.segments[2]));
  const View view(services_.shared, *request.peer);
  Response response;
  const auto look = [&]() -> Result<void> {
    TRUC_TRY(const auto record, visible(view, delivery));
    auto share = budget_.take(request.peer->text(), static_cast<std::size_t>(record->size));
    if (!share) return ErrorCode::busy;
    TRUC_TRY(auto bytes, services_.shared.store.bytes(delivery.transfer));
    if (bytes) response.shared_body = held_with(std::move(bytes), std::move(*share));
    response.content_type =
        record->kind == delivery::ItemKind::receipt ? channel::kReceiptJson : channel::kEnvelopeXml;
    return response.shared_body ? Result<void>(success()) : ErrorCode::storage_corrupt;
  };
  Result<void> found = co_await services_.readers.run(look);
  if (!found) co_return std::move(found).error();
  co_return response;
}

AgencyApi::Answer AgencyApi::fetch_attachment(Request& request) {
  TRUC_CO_TRY(const auto delivery, DeliveryId::parse(request.target.segments[2]));
  TRUC_CO_TRY(const auto sha256, Sha256::parse_hex(request.target.segments[4]));
  const View view(services_.shared, *request.peer);
  const auto look = [&] { return visible(view, delivery); };
  auto record = co_await services_.readers.run(look);
  if (!record) co_return std::move(record).error();
  const auto& attachments = record.value()->attachments;
  const auto attachment =
      std::ranges::find(attachments, sha256, &delivery::AttachmentReference::sha256);
  if (attachment == attachments.end()) co_return ErrorCode::delivery_unknown;

  const std::uint64_t size = attachment->size;
  std::optional<WantedRange> range;
  if (const auto wanted = request.headers.find("Range")) {
    TRUC_CO_TRY(range, parse_range(*wanted, size));
  }
  Response response;
  response.content_type = "application/octet-stream";
  response.headers.set("Accept-Ranges", "bytes");
  if (range) {
    response.status = 206;
    response.headers.set("Content-Range", content_range(*range, size));
  }
  const WantedRange all{0, size};
  const auto source = std::make_shared<AttachmentSource>(services_.shared.store, services_.readers,
                                                         sha256, range.value_or(all));
  response.source_length = range.value_or(all).length;
  response.source = [source] { return AttachmentSource::next(source); };
  co_return response;
}

}  // namespace truc::hub
