// Recipients' systems: each waits at its mailbox, fetches what comes, compares it with its digest,
// and hands in its agency's signed receipt "delivered".
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <unordered_set>
#include <vector>

#include "bench/load/client_loop.hpp"
#include "bench/load/verdict.hpp"
#include "bench/nation/nation.hpp"
#include "pki/receipt/receipt.hpp"

namespace truc::bench {

struct Receiver {
  const Unit* unit = nullptr;
  Identity tls;
  pki::ReceiptSigner signer;
};

// `count` units as receivers, others than those that make_senders takes for the same count while
// there are twice as many units. Failures: those of issuing.
Result<std::vector<Receiver>> make_receivers(const Nation& nation, Authority& authority,
                                             std::size_t count);

// What happened to one delivery.
struct Handover {
  std::string document_id;
  Steady::time_point in_hand;    // the recipient has the bytes
  Steady::time_point delivered;  // the hub has the receipt, durably
};
using Handed = std::function<void(const Handover&)>;

// A resource on the loop's thread; outlives the loop's run.
class Receivers {
 public:
  // Connects them all; each has a connection that waits and one that works. Failure:
  // peer_unreachable.
  static Result<std::unique_ptr<Receivers>> start(ClientLoop& loop, const Endpoint& hub,
                                                  const std::vector<Receiver>& receivers,
                                                  Handed handed);
  ~Receivers();
  // From now on they wait at their mailboxes. Once.
  void begin();
  // Adds what the recipients saw.
  void add_observed(Observed& observed) const;
  std::size_t handovers() const { return confirmed_.size(); }

 private:
  struct Line;
  struct Work;
  Receivers(ClientLoop& loop, Handed handed);
  void wait_at(Line& line);
  void take_page(Line& line, const Answer& answer);
  void take_bytes(const std::shared_ptr<Work>& work, const Answer& answer);
  void take_confirmation(const std::shared_ptr<Work>& work, const Answer& answer);
  void go_wrong(Line& line, std::string why);
  void finish_one(Line& line);

  ClientLoop& loop_;
  Handed handed_;
  std::vector<std::unique_ptr<Line>> lines_;
  std::unordered_set<std::string> confirmed_;
  std::size_t twice_ = 0;
  std::size_t wrong_ = 0;
  std::string first_wrong_;
};

}  // namespace truc::bench
