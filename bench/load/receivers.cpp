#include "bench/load/receivers.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include "pki/crypto/digest.hpp"
#include "schemas/base/problem.hpp"

namespace truc::bench {
namespace {

using namespace std::chrono_literals;

constexpr auto kConnectTimeout = 120s;
constexpr std::string_view kMailbox = "/v1/mailbox?wait=30&max=64";

std::string text_of(const boost::json::object& entry, std::string_view name) {
  return std::string(entry.at(name).as_string());
}

// What the recipient states.
Result<pki::ReceiptClaims> claims_of(const boost::json::object& entry) {
  TRUC_TRY(const auto delivery, DeliveryId::parse(text_of(entry, "delivery")));
  TRUC_TRY(auto sender, AgencyCode::parse(text_of(entry, "sender")));
  TRUC_TRY(auto recipient, AgencyCode::parse(text_of(entry, "recipient")));
  TRUC_TRY(auto document_id, DocumentId::parse(text_of(entry, "document_id")));
  TRUC_TRY(const auto digest, Sha256::parse_hex(text_of(entry, "sha256")));
  return pki::ReceiptClaims{.kind = pki::ReceiptKind::delivered,
                            .transfer = delivery.transfer,
                            .delivery_index = delivery.index,
                            .sender = std::move(sender),
                            .document_id = std::move(document_id),
                            .document_sha256 = digest,
                            .recipients = {recipient},
                            .issuer = "agency:" + recipient.text(),
                            .issued_at = SystemClock().now(),
                            .revocation_known_at = std::nullopt};
}

}  // namespace

// One receiver's two connections.
struct Receivers::Line {
  const Receiver* receiver = nullptr;
  ClientLoop::Connection waiting = 0;
  ClientLoop::Connection working = 0;
  std::size_t open = 0;  // deliveries of the last page that are not at their end
};

// One delivery on its way.
struct Receivers::Work {
  Work(Line& at, std::string name, pki::ReceiptClaims stated)
      : line(at), delivery(std::move(name)), claims(std::move(stated)) {}
  Line& line;
  std::string delivery;
  pki::ReceiptClaims claims;
  Handover handover;
};

Result<std::vector<Receiver>> make_receivers(const Nation& nation, Authority& authority,
                                             std::size_t count) {
  const auto& units = nation.units();
  std::vector<Receiver> receivers;
  for (std::size_t i = 0; i < count; ++i) {
    const Unit& unit = units[(i * units.size() / count + 1) % units.size()];
    TRUC_TRY(auto tls, authority.system(unit.system, {unit.code}));
    TRUC_TRY(auto credential, authority.agency(unit.code, Authority::SigningKey::ec));
    TRUC_TRY(auto signer, pki::ReceiptSigner::make(std::move(credential)));
    receivers.push_back(Receiver{&unit, std::move(tls), std::move(signer)});
  }
  return receivers;
}

Result<std::unique_ptr<Receivers>> Receivers::start(ClientLoop& loop, const Endpoint& hub,
                                                    const std::vector<Receiver>& receivers,
                                                    Handed handed) {
  std::unique_ptr<Receivers> started(new Receivers(loop, std::move(handed)));
  const std::size_t wanted = loop.ready() + 2 * receivers.size();
  for (const Receiver& receiver : receivers) {
    auto line = std::make_unique<Line>();
    line->receiver = &receiver;
    line->waiting = loop.connect(hub, receiver.tls);
    line->working = loop.connect(hub, receiver.tls);
    started->lines_.push_back(std::move(line));
  }
  const auto all = [&] { return loop.ready() == wanted || loop.failed() > 0; };
  TRUC_TRY(loop.run_until(all, Steady::now() + kConnectTimeout));
  if (loop.failed() == 0) return started;
  return Failure(ErrorCode::peer_unreachable).because(loop.first_failure());
}

Receivers::Receivers(ClientLoop& loop, Handed handed) : loop_(loop), handed_(std::move(handed)) {}
Receivers::~Receivers() = default;

void Receivers::begin() {
  for (const auto& line : lines_) wait_at(*line);
}

void Receivers::go_wrong(Line& line, std::string why) {
  ++wrong_;
  if (first_wrong_.empty()) first_wrong_ = line.receiver->unit->code.text() + ": " + why;
}

void Receivers::wait_at(Line& line) {
  static const RequestText kWait = make_request("GET", kMailbox);
  loop_.send(line.waiting, kWait, [this, &line](const Answer& answer) { take_page(line, answer); });
}

void Receivers::take_page(Line& line, const Answer& answer) {
  if (answer.status == 0) return;  // the connection is lost; the verdict misses what does not come
  boost::system::error_code error;
  const auto page = boost::json::parse(answer.body, error);
  const auto* entries =
      error || !page.is_object() ? nullptr : page.as_object().if_contains("entries");
  if (answer.status != 200 || entries == nullptr || !entries->is_array())
    return go_wrong(line, "mailbox: " + std::to_string(answer.status));
  line.open = entries->as_array().size();
  if (line.open == 0) return wait_at(line);
  for (const auto& value : entries->as_array()) {
    const auto& entry = value.as_object();
    auto claims = claims_of(entry);
    if (!claims) {
      go_wrong(line, to_log_line(claims.error()));
      finish_one(line);
      continue;
    }
    const auto work =
        std::make_shared<Work>(line, text_of(entry, "delivery"), std::move(claims).value());
    loop_.send(line.working, make_request("GET", "/v1/deliveries/" + work->delivery),
               [this, work](const Answer& bytes) { take_bytes(work, bytes); });
  }
}

void Receivers::take_bytes(const std::shared_ptr<Work>& work, const Answer& answer) {
  Line& line = work->line;
  work->handover.in_hand = answer.at;
  work->handover.document_id = work->claims.document_id.text();
  if (answer.status != 200 || pki::sha256(answer.body) != work->claims.document_sha256) {
    go_wrong(line, "bytes of " + work->delivery + ": " + std::to_string(answer.status));
    return finish_one(line);
  }
  const auto receipt = line.receiver->signer.sign(work->claims);
  if (!receipt) {
    go_wrong(line, to_log_line(receipt.error()));
    return finish_one(line);
  }
  loop_.send(line.working,
             make_request("PUT", "/v1/deliveries/" + work->delivery + "/receipts/delivered",
                          "application/jose+json", receipt.value().json()),
             [this, work](const Answer& confirmed) { take_confirmation(work, confirmed); });
}

void Receivers::take_confirmation(const std::shared_ptr<Work>& work, const Answer& answer) {
  Line& line = work->line;
  if (answer.status != 200) {
    go_wrong(line, "receipt of " + work->delivery + ": " + std::string(answer.body));
  } else if (!confirmed_.insert(work->delivery).second) {
    ++twice_;
  } else {
    work->handover.delivered = answer.at;
    handed_(work->handover);
  }
  finish_one(line);
}

// The mailbox shows what is not confirmed again, so the next look waits for the last of a page.
void Receivers::finish_one(Line& line) {
  if (--line.open == 0) wait_at(line);
}

void Receivers::add_observed(Observed& observed) const {
  observed.handovers += confirmed_.size();
  observed.handovers_twice += twice_;
  observed.handovers_wrong += wrong_;
  if (observed.first_wrong_handover.empty()) observed.first_wrong_handover = first_wrong_;
}

}  // namespace truc::bench
