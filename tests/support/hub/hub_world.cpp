#include "tests/support/hub/hub_world.hpp"

#include <sstream>

#include "pki/signature/sign.hpp"
#include "schemas/base/problem.hpp"

namespace truc::testing {
namespace {

constexpr auto kHubId = "h1";

std::shared_ptr<const pki::ReceiptSigner> hub_signer() {
  auto signer = pki::ReceiptSigner::make(shared_pki().hub_receipts(kHubId).load());
  return std::make_shared<const pki::ReceiptSigner>(std::move(signer).value());
}

template <class T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error(to_log_line(result.error()));
  return std::move(result).value();
}

void keep(FakeStore& store, hub::NewTransfer transfer) {
  store.commit(std::move(transfer), [](const Result<hub::Durable>& outcome) {
    if (!outcome) throw std::runtime_error(to_log_line(outcome.error()));
  });
}

}  // namespace

std::string sample_directory() {
  return R"json({"code":"000.00.00.G22","other_codes":["G22"],"name":"Văn phòng Chính phủ","system":"00.01.W00"}
{"code":"000.00.00.G12","other_codes":["G12"],"name":"Bộ Tài chính","system":"00.02.W00"}
{"code":"G12.18","other_codes":["000.00.18.G12"],"name":"Cục Thuế","parent":"000.00.00.G12","system":"00.02.W00"}
{"code":"000.00.13.H53","name":"Sở Thông tin và Truyền thông Tây Ninh","system":"00.53.W00"}
{"code":"000.20.32.H53","name":"Ủy ban nhân dân thị trấn Châu Thành","system":"00.53.W00"}
{"code":"000.21.32.H53","name":"Xã Hảo Đước (cũ)","system":"00.53.W00","closed":"2025-07-01","successors":["000.20.32.H53"]}
{"code":"000.22.32.H53","name":"Huyện Châu Thành (cũ)","system":"00.53.W00","closed":"2025-07-01","successors":["000.20.32.H53","000.00.13.H53"]}
{"code":"000.23.32.H53","name":"Ban quản lý (cũ)","system":"00.53.W00","closed":"2025-07-01"}
{"code":"000.24.32.H53","name":"Đơn vị mới","system":"00.53.W00","opened":"2999-01-01"}
)json";
}

std::shared_ptr<const hub::Directory> directory_from(const std::string& lines) {
  std::istringstream stream(lines);
  return must(hub::Directory::read(stream, "directory.jsonl"));
}

TestPki& shared_pki() {
  static TestPki pki;
  return pki;
}

pki::PeerIdentity system_peer(const std::string& system, const std::vector<std::string>& agencies) {
  pki::PeerIdentity peer;
  peer.system = SystemId::parse(system).value();
  for (const std::string& code : agencies) peer.agencies.insert(agency(code));
  return peer;
}

pki::PeerIdentity peer_of(const std::string& code) {
  const std::string_view text = code;
  if (text.ends_with("G22")) return system_peer(kOfficeSystem, {kOffice, "G22"});
  if (text.ends_with("G12") || text.starts_with("G12"))
    return system_peer(kMinistrySystem, {kMinistry, kTax});
  return system_peer(kProvinceSystem, {kProvince, kTown, kMerged, kSplit, kEnded, kFuture});
}

pki::PeerIdentity operator_peer() {
  pki::PeerIdentity peer;
  peer.operator_name = "hoa";
  return peer;
}

std::string sign(const std::string& package, const std::string& code) {
  return must(pki::sign_envelope(valid_envelope(package), shared_pki().agency(code)));
}

HubWorld::HubWorld(const std::string& directory_lines)
    : directory(directory_from(directory_lines)),
      trust(shared_pki().trust()),
      signer(hub_signer()),
      ids(clock),
      admission(services(), must(edxml::Rules::load()), signer, kHubId),
      receipts(services()) {}

Result<hub::AcceptedDocument> HubWorld::admit(const edxml::DocumentContent& content) {
  const std::string from = content.from.organ_id.text();
  return admission.admit(peer_of(from), sign(sample_document_xml(content, {}), from),
                         edxml::PackageKind::document);
}

Result<hub::AcceptedDocument> HubWorld::admit(const edxml::StatusContent& content) {
  const std::string from = content.from.organ_id.text();
  return admission.admit(peer_of(from), sign(sample_status_xml(content), from),
                         edxml::PackageKind::status);
}

TransferId HubWorld::accept(const edxml::DocumentContent& content) {
  auto accepted = must(admit(content));
  const TransferId id = accepted.record().id;
  keep(store, std::move(accepted).release());
  return id;
}

TransferId HubWorld::accept(const edxml::StatusContent& content) {
  auto accepted = must(admit(content));
  const TransferId id = accepted.record().id;
  keep(store, std::move(accepted).release());
  return id;
}

std::string HubWorld::receipt(pki::ReceiptKind kind, const DeliveryId& delivery,
                              const std::string& by) {
  const auto record = must(store.transfer(delivery.transfer));
  const pki::ReceiptClaims claims{
      .kind = kind,
      .transfer = delivery.transfer,
      .delivery_index = delivery.index,
      .sender = record->sender,
      .document_id = record->document_id,
      .document_sha256 = record->sha256,
      .recipients = {agency(by)},
      .issuer = "agency:" + by,
      .issued_at = clock.now(),
      .revocation_known_at = std::nullopt,
  };
  const auto made = must(pki::ReceiptSigner::make(shared_pki().agency(by)));
  return must(made.sign(claims)).json();
}

}  // namespace truc::testing
