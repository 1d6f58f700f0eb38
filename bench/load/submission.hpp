// Submits documents in an open or a closed loop, and keeps what came back.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <unordered_set>

#include "bench/load/documents.hpp"
#include "bench/load/histogram.hpp"
#include "bench/load/verdict.hpp"
#include "pki/trust/trust_store.hpp"

namespace truc::bench {

// When documents are sent. The default is a closed loop: a connection's next one when its last one
// is answered.
struct Pace {
  // Open loop: when a document is due, from the beginning of the pass; rises with its number. It is
  // sent whatever the hub does, and latency counts from when it was due: so a hub that stalls is
  // charged for everything that it made wait.
  std::function<Steady::duration(std::size_t)> due = nullptr;
  // Closed loop over all senders, in order: so many documents are on their way at a time, until
  // Submitter::leave() says that one is at its end. 0: none of this.
  std::size_t window = 0;
};
// Open loop, evenly.
Pace at_rate(double documents_per_second);

// Connections of all senders to one hub.
class Senders {
 public:
  // Opens `each` connections for every sender. Failure: peer_unreachable.
  static Result<Senders> connect(ClientLoop& loop, const Endpoint& hub,
                                 const std::vector<Sender>& senders, std::size_t each);
  // Those of one sender.
  std::span<const ClientLoop::Connection> of(std::size_t sender) const {
    return std::span(connections_).subspan(sender * each_, each_);
  }
  std::size_t count() const { return connections_.size() / each_; }

 private:
  explicit Senders(std::size_t each) : each_(each) {}
  std::size_t each_;
  std::vector<ClientLoop::Connection> connections_;
};

// One pass over some documents.
struct Submission {
  std::chrono::nanoseconds taken{0};  // from the first one sent to the last one answered
  Histogram latency;
};

// Told how many are answered, now and then.
using Answered = std::function<void(std::size_t)>;

// What came back over several passes.
class Submitter {
 public:
  Submitter(ClientLoop& loop, const Senders& senders, const pki::TrustStore& trust)
      : loop_(loop), senders_(senders), trust_(trust) {}

  // Failure: deadline_exceeded when an answer is missing after kAnswerTimeout without any.
  Result<Submission> run(std::span<const SignedDocument> documents, const Pace& pace,
                         const Answered& told);
  // One accepted document of a window is at its end; one that is not accepted is so by itself.
  void leave();
  const Observed& observed() const { return observed_; }
  // Hears of each document when it is handed to a connection, and when it was due.
  using Due = std::function<void(const SignedDocument&, Steady::time_point)>;
  void tell_due(Due told) { told_due_ = std::move(told); }

  // One in so many receipts is verified after each pass.
  static constexpr std::size_t kExaminedEvery = 50;

 private:
  struct Pass;
  using PassPointer = std::shared_ptr<Pass>;  // an answer may come after its pass was given up
  void send(const PassPointer& pass, ClientLoop::Connection connection, std::size_t document,
            Steady::time_point due);
  void send_next(const PassPointer& pass, ClientLoop::Connection connection, std::size_t sender);
  void send_due(const PassPointer& pass);
  void send_more(const PassPointer& pass);
  ClientLoop::Connection free_connection(std::size_t sender) const;
  void take(Pass& pass, std::size_t document, const Answer& answer);
  Result<void> wait_for_answers(const Pass& pass, const Answered& told);
  void examine(const Pass& pass);

  ClientLoop& loop_;
  const Senders& senders_;
  const pki::TrustStore& trust_;
  Due told_due_;
  Observed observed_;
  std::unordered_set<std::string> transfers_;
  PassPointer current_;
};

}  // namespace truc::bench
