#include "bench/load/receivers.hpp"

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include "pki/crypto/digest.hpp"
#include "pki/receipt/confirmations.hpp"
#include "schemas/base/problem.hpp"

namespace truc::bench {
namespace {

using namespace std::chrono_literals;

constexpr auto kConnectTimeout = 20min;  // thousands of handshakes
// As the adapter asks: what is small comes with the page.
constexpr std::string_view kMailbox = "/v1/mailbox?wait=30&max=64&items=131072";
// As an adapter, which works on so many deliveries at a time and tells what is ready together.
constexpr std::size_t kConfirmedTogether = 8;

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

// One receiver's connections.
struct Receivers::Line {
  Line(std::size_t position, const Receiver& owner) : number(position), receiver(owner) {}
  std::size_t number;
  const Receiver& receiver;
  ClientLoop::Connection waiting = 0;
  std::vector<ClientLoop::Connection> workers = {};
  std::size_t open = 0;  // deliveries of the last page that are not at their end
};

// One delivery on its way.
struct Receivers::Work {
  Work(Line& at, pki::ReceiptClaims stated) : line(at), claims(std::move(stated)) {}
  Line& line;
  pki::ReceiptClaims claims;
  Handover handover;
  std::string signed_text = {};  // our receipt; empty for an item that is one

  pki::Confirmation confirmation() const {
    const auto kind = signed_text.empty() ? std::nullopt : std::optional(claims.kind);
    return {.delivery = {claims.transfer, claims.delivery_index.value()},
            .kind = kind,
            .receipt = signed_text};
  }
};

Result<Receiver> make_receiver(const Unit& unit, Authority& authority) {
  TRUC_TRY(auto tls, authority.system(unit.system, {unit.code}));
  TRUC_TRY(auto credential, authority.agency(unit.code, Authority::SigningKey::ec));
  TRUC_TRY(auto signer, pki::ReceiptSigner::make(credential));
  return Receiver{&unit, std::move(tls), std::move(credential), std::move(signer)};
}

Result<std::vector<Receiver>> make_receivers(const Nation& nation, Authority& authority,
                                             std::size_t count) {
  const auto& units = nation.units();
  std::vector<Receiver> receivers;
  for (std::size_t i = 0; i < count; ++i) {
    const Unit& unit = units[(i * units.size() / count + 1) % units.size()];
    TRUC_TRY(auto receiver, make_receiver(unit, authority));
    receivers.push_back(std::move(receiver));
  }
  return receivers;
}

Result<std::unique_ptr<Receivers>> Receivers::start(ClientLoop& loop, const Endpoint& hub,
                                                    const std::vector<Receiver>& receivers,
                                                    Handed handed) {
  std::unique_ptr<Receivers> started(new Receivers(loop, std::move(handed)));
  std::size_t wanted = loop.ready();
  for (const Receiver& receiver : receivers) {
    auto line = std::make_unique<Line>(started->lines_.size(), receiver);
    line->waiting = loop.connect(hub, receiver.tls);
    for (std::size_t i = 0; i < receiver.workers; ++i)
      line->workers.push_back(loop.connect(hub, receiver.tls));
    wanted += 1 + receiver.workers;
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

void Receivers::send(std::size_t receiver, RequestText request, AnswerHandler handler) {
  const auto free =
      std::ranges::min_element(lines_[receiver]->workers, {},
                               [this](ClientLoop::Connection one) { return loop_.waiting(one); });
  loop_.send(*free, std::move(request), std::move(handler));
}

void Receivers::go_wrong(Line& line, std::string why) {
  ++wrong_;
  if (first_wrong_.empty()) first_wrong_ = line.receiver.unit->code.text() + ": " + why;
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
  Works ready;
  for (const auto& entry : entries->as_array()) take_entry(line, entry.as_object(), ready);
  for (std::size_t from = 0; from < ready.size(); from += kConfirmedTogether) {
    const auto to = std::min(from + kConfirmedTogether, ready.size());
    confirm(Works(ready.begin() + static_cast<std::ptrdiff_t>(from),
                  ready.begin() + static_cast<std::ptrdiff_t>(to)));
  }
}

void Receivers::take_entry(Line& line, const boost::json::object& entry, Works& ready) {
  auto claims = claims_of(entry);
  const auto kind = delivery::parse_item_kind(text_of(entry, "kind"));
  if (!claims || !kind) {
    go_wrong(line, to_log_line(claims ? kind.error() : claims.error()));
    return finish_one(line);
  }
  const auto work = std::make_shared<Work>(line, std::move(claims).value());
  work->handover.receiver = line.number;
  work->handover.kind = kind.value();
  work->handover.delivery = text_of(entry, "delivery");
  work->handover.sender = work->claims.sender.text();
  work->handover.recipient = work->claims.recipients.front().text();
  work->handover.document_id = work->claims.document_id.text();
  const auto* item = entry.if_contains("item");
  if (work->handover.kind == delivery::ItemKind::receipt) {
    if (take_receipt(work, entry)) ready.push_back(work);
  } else if (item != nullptr && item->is_string()) {
    if (take_bytes(work, item->get_string(), Steady::now())) ready.push_back(work);
  } else {
    send(line.number, make_request("GET", "/v1/deliveries/" + work->handover.delivery),
         [this, work](const Answer& answer) {
           if (take_bytes(work, answer.body, answer.at)) confirm({work});
         });
  }
}

bool Receivers::take_bytes(const std::shared_ptr<Work>& work, std::string_view bytes,
                           Steady::time_point at) {
  work->handover.in_hand = at;
  if (pki::sha256(bytes) == work->claims.document_sha256) return sign(work);
  go_wrong(work->line, "bytes of " + work->handover.delivery);
  finish_one(work->line);
  return false;
}

bool Receivers::take_receipt(const std::shared_ptr<Work>& work, const boost::json::object& entry) {
  const auto* item = entry.if_contains("item");
  work->handover.in_hand = Steady::now();
  if (item != nullptr) work->handover.receipt = boost::json::serialize(*item);
  if (pki::sha256(work->handover.receipt) == work->claims.document_sha256) return true;
  go_wrong(work->line, "receipt in the page: " + work->handover.delivery);
  finish_one(work->line);
  return false;
}

bool Receivers::sign(const std::shared_ptr<Work>& work) {
  const auto receipt = work->line.receiver.signer.sign(work->claims);
  if (receipt) {
    work->signed_text = receipt.value().json();
    return true;
  }
  go_wrong(work->line, to_log_line(receipt.error()));
  finish_one(work->line);
  return false;
}

void Receivers::confirm(Works works) {
  std::vector<pki::Confirmation> confirmations;
  for (const auto& work : works) confirmations.push_back(work->confirmation());
  const auto receiver = works.front()->line.number;
  send(
      receiver,
      make_request("POST", "/v1/deliveries", "text/plain", pki::write_confirmations(confirmations)),
      [this, works = std::move(works)](const Answer& answer) {
        take_confirmations(works, answer);
      });
}

void Receivers::take_confirmations(const Works& works, const Answer& answer) {
  std::string all = "{\"outcomes\":[{}";
  for (std::size_t i = 1; i < works.size(); ++i) all += ",{}";
  // One that is refused makes the run void, so that the others need not be told from it.
  const bool is_good = answer.status == 200 && answer.body == all + "]}";
  const auto verdict = is_good ? Verdict::taken : Verdict::refused;
  for (const auto& work : works) settle(work, answer, verdict);
}

void Receivers::settle(const std::shared_ptr<Work>& work, const Answer& answer, Verdict verdict) {
  Line& line = work->line;
  if (verdict == Verdict::refused) {
    go_wrong(line, "end of " + work->handover.delivery + ": " + std::string(answer.body));
  } else if (!confirmed_.insert(work->handover.delivery).second) {
    ++twice_;
  } else {
    if (work->handover.kind != delivery::ItemKind::receipt) ++handovers_;
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
  observed.handovers += handovers_;
  observed.handovers_twice += twice_;
  observed.handovers_wrong += wrong_;
  if (observed.first_wrong_handover.empty()) observed.first_wrong_handover = first_wrong_;
}

}  // namespace truc::bench
