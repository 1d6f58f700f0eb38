#include "tests/unit/edge/fake_hub.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <utility>

#include "edge-adapter/uplink/http_hub.hpp"
#include "pki/crypto/digest.hpp"
#include "schemas/base/check.hpp"
#include "schemas/base/fault_list.hpp"

namespace truc::edge {
namespace {

namespace fs = std::filesystem;

// Big enough that attachments of the tests take several.
constexpr std::size_t kPartBytesMax = 4'000;

std::string slurp(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void spill(const fs::path& path, const std::string& bytes) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << bytes;
  file.close();
  TRUC_CHECK(!file.fail(), "the test's folder takes files");
}

std::vector<AgencyCode> recipients_of(const edxml::PackageContent& content) {
  std::vector<AgencyCode> recipients;
  if (content.status) recipients.push_back(content.status->response_for.organ_id);
  if (content.document)
    for (const auto& party : content.document->to) recipients.push_back(party.organ_id);
  return recipients;
}

}  // namespace

FakeHub::FakeHub(std::string folder, pki::ReceiptSigner signer)
    : folder_(std::move(folder)), signer_(std::move(signer)) {
  for (const char* part : {"accepted", "uploads", "mailbox", "items", "receipts"})
    fs::create_directories(fs::path(folder_) / part);
}

Result<void> FakeHub::scripted() {
  if (failures_.empty()) return success();
  Failure failure = std::move(failures_.front());
  failures_.pop_front();
  return failure;
}

std::string FakeHub::sign(const edxml::PackageContent& content, const Sha256& sha256,
                          const TransferId& transfer, std::vector<AgencyCode> recipients) {
  const pki::ReceiptClaims claims{.kind = pki::ReceiptKind::accepted,
                                  .transfer = transfer,
                                  .delivery_index = std::nullopt,
                                  .sender = content.from().organ_id,
                                  .document_id = content.id(),
                                  .document_sha256 = lying_ ? pki::sha256("other") : sha256,
                                  .recipients = std::move(recipients),
                                  .issuer = "hub:h1",
                                  .issued_at = SystemClock().now(),
                                  .revocation_known_at = SystemClock().now()};
  return signer_.sign(claims).value().json();
}

Result<pki::Receipt> FakeHub::accept(const std::string& package) {
  TRUC_TRY(const auto envelope, edxml::read_envelope(package));
  const auto& content = envelope.content();
  const std::string key =
      pki::sha256(content.from().organ_id.text() + '\0' + content.id().text()).hex();
  const fs::path base = fs::path(folder_) / "accepted" / key;
  if (fs::exists(base.string() + ".receipt")) {
    if (slurp(base.string() + ".edxml") != package) return Failure(ErrorCode::document_conflict);
    return pki::Receipt(slurp(base.string() + ".receipt"));
  }
  if (content.document) {
    for (const auto& beside : content.document->beside_attachments) {
      const auto upload = fs::path(folder_) / "uploads" / beside.sha256.hex();
      if (!fs::exists(upload) || fs::file_size(upload) != beside.size)
        return Failure(ErrorCode::attachment_missing).at(beside.name);
    }
  }
  std::array<std::uint8_t, 10> random{};
  std::ranges::copy_n(pki::sha256(package).octets.begin(), random.size(), random.begin());
  const auto transfer = TransferId::make(SystemClock().now(), random);
  const std::string receipt = sign(content, pki::sha256(package), transfer, recipients_of(content));
  spill(base.string() + ".edxml", package);
  spill(base.string() + ".receipt", receipt);
  return pki::Receipt(receipt);
}

DeliveryId FakeHub::deliver(const std::string& package, const AgencyCode& recipient,
                            const std::string& transfer, std::uint32_t index) {
  const auto envelope = edxml::read_envelope(package);
  const auto& content = envelope.value().content();
  const DeliveryId delivery{.transfer = TransferId::parse(transfer).value(), .index = index};
  delivery::DeliveryRecord record{
      .delivery = delivery,
      .kind = content.document ? delivery::ItemKind::document : delivery::ItemKind::status,
      .sender = content.from().organ_id,
      .recipient = recipient,
      .addressee = recipient,
      .level = Level::one,
      .priority = edxml::Priority::normal,
      .document_id = content.id(),
      .notation = "1/A",
      .sha256 = pki::sha256(package),
      .size = package.size(),
      .attachments = {},
      .accepted_at = SystemClock().now()};
  if (content.document)
    for (const auto& beside : content.document->beside_attachments)
      record.attachments.push_back({.sha256 = beside.sha256, .size = beside.size});
  std::string entry = delivery::to_json(record);
  entry.pop_back();
  entry +=
      ",\"receipt\":" + sign(content, record.sha256, delivery.transfer, recipients_of(content)) +
      "}";
  spill(fs::path(folder_) / "items" / delivery.text(), package);
  spill(fs::path(folder_) / "mailbox" / delivery.text(), entry);
  return delivery;
}

void FakeHub::deliver_receipt(const std::string& receipt, const AgencyCode& sender,
                              const AgencyCode& recipient, const std::string& transfer) {
  const DeliveryId delivery{.transfer = TransferId::parse(transfer).value(), .index = 0};
  const delivery::DeliveryRecord record{.delivery = delivery,
                                        .kind = delivery::ItemKind::receipt,
                                        .sender = sender,
                                        .recipient = recipient,
                                        .addressee = recipient,
                                        .level = Level::one,
                                        .priority = edxml::Priority::normal,
                                        .document_id = DocumentId::parse("receipt").value(),
                                        .notation = "",
                                        .sha256 = pki::sha256(receipt),
                                        .size = receipt.size(),
                                        .attachments = {},
                                        .accepted_at = SystemClock().now()};
  spill(fs::path(folder_) / "items" / delivery.text(), receipt);
  std::string entry = delivery::to_json(record);
  entry.pop_back();
  spill(fs::path(folder_) / "mailbox" / delivery.text(), entry + ",\"item\":" + receipt + "}");
}

void FakeHub::keep_attachment(const std::string& bytes) {
  spill(fs::path(folder_) / "uploads" / pki::sha256(bytes).hex(), bytes);
}

void FakeHub::tamper(const DeliveryId& delivery, const std::string& package) {
  spill(fs::path(folder_) / "items" / delivery.text(), package);
}

void FakeHub::forget_acknowledgement(const DeliveryId& delivery) {
  for (const char* kind : {".delivered", ".registered"})
    fs::remove(fs::path(folder_) / "receipts" / (delivery.text() + kind));
  fs::rename(fs::path(folder_) / "mailbox" / ("." + delivery.text()),
             fs::path(folder_) / "mailbox" / delivery.text());
}

std::vector<std::string> FakeHub::accepted_packages() const {
  std::vector<std::string> packages;
  for (const auto& entry : fs::directory_iterator(fs::path(folder_) / "accepted"))
    if (entry.path().extension() == ".edxml") packages.push_back(slurp(entry.path()));
  return packages;
}

std::string FakeHub::receipt_of(const std::string& package) const {
  for (const auto& entry : fs::directory_iterator(fs::path(folder_) / "accepted")) {
    fs::path receipt = entry.path();
    if (entry.path().extension() == ".edxml" && slurp(entry.path()) == package)
      return slurp(receipt.replace_extension(".receipt"));
  }
  return {};
}

std::optional<std::string> FakeHub::acknowledged(const DeliveryId& delivery,
                                                 pki::ReceiptKind kind) const {
  const fs::path path =
      fs::path(folder_) / "receipts" / (delivery.text() + "." + std::string(pki::to_text(kind)));
  if (!fs::exists(path)) return std::nullopt;
  return slurp(path);
}

std::size_t FakeHub::mailbox_size() const {
  std::size_t size = 0;
  for (const auto& entry : fs::directory_iterator(fs::path(folder_) / "mailbox"))
    if (!entry.path().filename().string().starts_with('.')) ++size;
  return size;
}

asio::awaitable<Result<pki::Receipt>> FakeHub::submit(edxml::PackageKind,
                                                      std::shared_ptr<const std::string> package) {
  ++submissions;
  TRUC_CO_TRY(scripted());
  auto accepted = accept(*package);
  if (std::exchange(loses_next_answer_, false)) co_return Failure(ErrorCode::peer_unreachable);
  co_return accepted;
}

asio::awaitable<Result<UploadProgress>> FakeHub::upload_progress(Sha256 sha256) {
  TRUC_CO_TRY(scripted());
  UploadProgress progress;
  const fs::path path = fs::path(folder_) / "uploads" / sha256.hex();
  if (fs::exists(path)) progress.offset = fs::file_size(path);
  if (progress.offset > 0 && pki::sha256(slurp(path)) == sha256)
    progress.state = UploadProgress::State::complete;
  co_return progress;
}

asio::awaitable<Result<UploadProgress>> FakeHub::upload(Sha256 sha256, Part part) {
  ++parts;
  TRUC_CO_TRY(scripted());
  const fs::path path = fs::path(folder_) / "uploads" / sha256.hex();
  std::string have = fs::exists(path) ? slurp(path) : std::string();
  if (have.size() != part.offset) co_return Failure(ErrorCode::malformed_range);
  // Takes less than it is offered, as a hub may.
  have += part.bytes->substr(0, kPartBytesMax);
  spill(path, have);
  UploadProgress progress;
  progress.offset = have.size();
  if (have.size() == part.total) progress.state = UploadProgress::State::complete;
  co_return progress;
}

asio::awaitable<Result<MailboxPage>> FakeHub::mailbox(std::chrono::seconds, std::size_t,
                                                      std::size_t) {
  TRUC_CO_TRY(scripted());
  std::string body = "{\"entries\":[";
  for (const auto& entry : fs::directory_iterator(fs::path(folder_) / "mailbox")) {
    if (entry.path().filename().string().starts_with('.')) continue;
    if (!body.ends_with('[')) body += ',';
    body += slurp(entry.path());
  }
  co_return parse_mailbox(body + "]}");
}

asio::awaitable<Result<std::string>> FakeHub::fetch(DeliveryId delivery) {
  ++fetches;
  TRUC_CO_TRY(scripted());
  if (!fs::exists(fs::path(folder_) / "mailbox" / delivery.text()))
    co_return Failure(ErrorCode::delivery_unknown);
  co_return slurp(fs::path(folder_) / "items" / delivery.text());
}

asio::awaitable<Result<std::string>> FakeHub::fetch_attachment(DeliveryId, Sha256 sha256,
                                                               std::uint64_t offset,
                                                               std::size_t max) {
  ++parts;
  TRUC_CO_TRY(scripted());
  const std::string bytes = slurp(fs::path(folder_) / "uploads" / sha256.hex());
  co_return bytes.substr(offset, std::min(max, kPartBytesMax));
}

asio::awaitable<Result<std::vector<Result<void>>>> FakeHub::confirm(
    std::vector<pki::Confirmation> told) {
  ++confirmations;
  co_await asio::post(asio::use_awaitable);  // others go on while a request is on its way
  TRUC_CO_TRY(scripted());
  std::vector<Result<void>> outcomes;
  for (const auto& one : told) outcomes.push_back(settle(one));
  co_return outcomes;
}

Result<void> FakeHub::settle(const pki::Confirmation& confirmation) {
  const auto& [delivery, kind, receipt] = confirmation;
  const fs::path entry = fs::path(folder_) / "mailbox" / delivery.text();
  if (!kind) {
    if (!fs::exists(fs::path(folder_) / "items" / delivery.text()))
      return Failure(ErrorCode::delivery_unknown);
    fs::remove(entry);
    return success();
  }
  const auto before = acknowledged(delivery, *kind);
  if (before && *before != receipt) return Failure(ErrorCode::receipt_conflict);
  spill(fs::path(folder_) / "receipts" / (delivery.text() + "." + std::string(to_text(*kind))),
        receipt);
  if (*kind == pki::ReceiptKind::delivered && fs::exists(entry))
    fs::rename(entry, fs::path(folder_) / "mailbox" / ("." + delivery.text()));
  return success();
}

asio::awaitable<Result<std::string>> FakeHub::history(TransferId) {
  co_return Failure(ErrorCode::document_unknown);
}

asio::awaitable<Result<std::string>> FakeHub::history(AgencyCode, DocumentId) {
  co_return Failure(ErrorCode::document_unknown);
}

asio::awaitable<Result<std::string>> FakeHub::lint(std::shared_ptr<const std::string>) {
  TRUC_CO_TRY(scripted());
  co_return to_json(FaultList());
}

}  // namespace truc::edge
