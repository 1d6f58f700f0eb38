#include "bench/load/submission.hpp"

#include <algorithm>

#include "pki/crypto/digest.hpp"
#include "pki/receipt/receipt.hpp"
#include "schemas/base/problem.hpp"

namespace truc::bench {
namespace {

using namespace std::chrono_literals;

constexpr auto kConnectTimeout = 20min;  // thousands of handshakes
constexpr auto kAnswerTimeout = 60s;     // without any answer

Result<void> require_about(const pki::ReceiptClaims& claims, const SignedDocument& document,
                           const std::string& transfer) {
  const bool holds = claims.kind == pki::ReceiptKind::accepted &&
                     claims.transfer.text() == transfer && claims.document_id == document.id &&
                     claims.document_sha256 == pki::sha256(document.bytes()) &&
                     claims.recipients == document.recipients;
  if (holds) return success();
  return Failure(ErrorCode::receipt_mismatch).found(transfer);
}

}  // namespace

struct Submitter::Pass {
  explicit Pass(std::span<const SignedDocument> all) : documents(all) {}
  struct Kept {
    std::size_t document;
    std::string transfer;
    std::string receipt;
  };

  std::span<const SignedDocument> documents;
  std::vector<std::vector<std::size_t>> left;  // closed: of each sender, the last one is next
  Pace pace;
  std::size_t next = 0;       // open, or of a window
  std::size_t under_way = 0;  // of a window
  Steady::time_point begun;
  Steady::time_point last_answer;
  std::size_t answered = 0;
  Submission result;
  std::vector<Kept> kept;

  // Nothing more is sent or counted of it; its documents are the caller's, and may be gone.
  void give_up() { documents = {}; }
  bool is_given_up() const { return documents.empty(); }
};

Pace at_rate(double documents_per_second) {
  return Pace{.due = [=](std::size_t document) {
    const std::chrono::duration<double> after(static_cast<double>(document) / documents_per_second);
    return std::chrono::duration_cast<Steady::duration>(after);
  }};
}

Result<Senders> Senders::connect(ClientLoop& loop, const Endpoint& hub,
                                 const std::vector<Sender>& senders, std::size_t each) {
  Senders connected(each);
  const std::size_t before = loop.ready();
  for (const Sender& sender : senders) {
    for (std::size_t i = 0; i < each; ++i)
      connected.connections_.push_back(loop.connect(hub, sender.tls));
  }
  const std::size_t wanted = before + connected.connections_.size();
  const auto all = [&] { return loop.ready() == wanted || loop.failed() > 0; };
  TRUC_TRY(loop.run_until(all, Steady::now() + kConnectTimeout));
  if (loop.failed() == 0) return connected;
  return Failure(ErrorCode::peer_unreachable).because(loop.first_failure());
}

void Submitter::take(Pass& pass, std::size_t document, const Answer& answer) {
  ++pass.answered;
  pass.last_answer = answer.at;
  if (answer.status == 0) {
    ++observed_.unanswered;
    return;
  }
  if (answer.status != 201) {
    ++observed_.refused;
    if (observed_.first_refusal.empty()) observed_.first_refusal = answer.body;
    return;
  }
  ++observed_.accepted;
  const std::string_view location = answer.field("Location");
  std::string transfer(location.substr(location.rfind('/') + 1));
  if (document % kExaminedEvery == 0)
    pass.kept.push_back(Pass::Kept{document, transfer, std::string(answer.body)});
  transfers_.insert(std::move(transfer));
}

void Submitter::send(const PassPointer& pass, ClientLoop::Connection connection,
                     std::size_t document, Steady::time_point due) {
  const SignedDocument& one = pass->documents[document];
  if (told_due_) told_due_(one, due);
  loop_.send(connection, one.request, [=, this](const Answer& answer) {
    if (pass->is_given_up()) return;
    pass->result.latency.record(answer.at - due);
    take(*pass, document, answer);
    if (answer.status != 201) leave();
    if (!pass->left.empty()) send_next(pass, connection, pass->documents[document].sender);
  });
}

void Submitter::send_next(const PassPointer& pass, ClientLoop::Connection connection,
                          std::size_t sender) {
  auto& left = pass->left[sender];
  if (left.empty()) return;
  const std::size_t document = left.back();
  left.pop_back();
  send(pass, connection, document, Steady::now());
}

ClientLoop::Connection Submitter::free_connection(std::size_t sender) const {
  return *std::ranges::min_element(
      senders_.of(sender), {}, [this](ClientLoop::Connection one) { return loop_.waiting(one); });
}

void Submitter::send_due(const PassPointer& pass) {
  const auto due_at = [&](std::size_t document) { return pass->begun + pass->pace.due(document); };
  while (pass->next < pass->documents.size() && due_at(pass->next) <= Steady::now()) {
    const std::size_t document = pass->next++;
    send(pass, free_connection(pass->documents[document].sender), document, due_at(document));
  }
  if (pass->next < pass->documents.size())
    loop_.at(due_at(pass->next), [this, pass] { send_due(pass); });
}

void Submitter::send_more(const PassPointer& pass) {
  while (pass->next < pass->documents.size() && pass->under_way < pass->pace.window) {
    const std::size_t document = pass->next++;
    ++pass->under_way;
    send(pass, free_connection(pass->documents[document].sender), document, Steady::now());
  }
}

void Submitter::leave() {
  if (current_->pace.window == 0) return;
  --current_->under_way;
  send_more(current_);
}

Result<void> Submitter::wait_for_answers(const Pass& pass, const Answered& told) {
  const auto is_over = [&] {
    told(pass.answered);
    const bool is_silent = Steady::now() - pass.last_answer > kAnswerTimeout;
    // What a lost connection held in a window does not leave it any more.
    const bool is_stuck = pass.pace.window > 0 && loop_.failed() > 0;
    return pass.answered == pass.documents.size() || is_silent || is_stuck;
  };
  TRUC_TRY(loop_.run_until(is_over, Steady::time_point::max()));
  if (pass.answered == pass.documents.size()) return success();
  return Failure(ErrorCode::deadline_exceeded).at("the hub's answers");
}

Result<Submission> Submitter::run(std::span<const SignedDocument> documents, const Pace& pace,
                                  const Answered& told) {
  const auto pass = current_ = std::make_shared<Pass>(documents);
  pass->pace = pace;
  pass->begun = pass->last_answer = Steady::now();
  observed_.submitted += documents.size();
  if (pace.due) {
    send_due(pass);
  } else if (pace.window > 0) {
    send_more(pass);
  } else {
    pass->left.resize(senders_.count());
    for (std::size_t i = documents.size(); i-- > 0;) pass->left[documents[i].sender].push_back(i);
    for (std::size_t sender = 0; sender < senders_.count(); ++sender) {
      for (const auto connection : senders_.of(sender)) send_next(pass, connection, sender);
    }
  }
  const auto waited = wait_for_answers(*pass, told);
  observed_.unanswered += documents.size() - pass->answered;
  observed_.transfers = transfers_.size();
  if (!waited) {
    pass->give_up();
    return waited.error();
  }
  pass->result.taken = pass->last_answer - pass->begun;
  examine(*pass);
  return std::move(pass->result);
}

// After the pass, so that it costs the run nothing.
void Submitter::examine(const Pass& pass) {
  const Time now = SystemClock().now();
  for (const Pass::Kept& kept : pass.kept) {
    ++observed_.receipts_examined;
    const auto verified = pki::verify_receipt(pki::Receipt(kept.receipt), trust_, now);
    const Result<void> holds =
        verified
            ? require_about(verified.value().claims(), pass.documents[kept.document], kept.transfer)
            : Result<void>(verified.error());
    if (holds) continue;
    ++observed_.receipts_wrong;
    if (observed_.first_wrong_receipt.empty())
      observed_.first_wrong_receipt = to_log_line(holds.error());
  }
}

}  // namespace truc::bench
