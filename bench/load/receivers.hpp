// Recipients' systems: each waits at its mailbox, fetches what comes, compares it with its digest,
// and hands in its agency's signed receipt "delivered"; a receipt that comes is acknowledged.
#pragma once

#include <boost/json/fwd.hpp>
#include <functional>
#include <memory>
#include <string>
#include <unordered_set>
#include <vector>

#include "bench/load/client_loop.hpp"
#include "bench/load/verdict.hpp"
#include "bench/nation/nation.hpp"
#include "pki/receipt/receipt.hpp"
#include "schemas/delivery/delivery_record.hpp"

namespace truc::bench {

struct Receiver {
  const Unit* unit = nullptr;
  Identity tls;
  pki::Credential signing;  // of its statuses
  pki::ReceiptSigner signer;
  std::size_t workers = 1;  // connections beside the one that waits
};

// `count` units as receivers, others than those that make_senders takes for the same count while
// there are twice as many units. Failures: those of issuing.
Result<std::vector<Receiver>> make_receivers(const Nation& nation, Authority& authority,
                                             std::size_t count);
Result<Receiver> make_receiver(const Unit& unit, Authority& authority);

// What happened to one delivery.
struct Handover {
  std::size_t receiver = 0;  // position among the receivers
  delivery::ItemKind kind = delivery::ItemKind::document;
  std::string delivery;
  std::string sender;
  std::string recipient;
  std::string document_id;
  std::string receipt;           // of an item of this kind: its text
  Steady::time_point in_hand;    // the recipient has the bytes
  Steady::time_point delivered;  // the hub has the receipt, durably
};
using Handed = std::function<void(const Handover&)>;

// A resource on the loop's thread; outlives the loop's run.
class Receivers {
 public:
  // Connects them all; each has a connection that waits and its workers. Failure:
  // peer_unreachable.
  static Result<std::unique_ptr<Receivers>> start(ClientLoop& loop, const Endpoint& hub,
                                                  const std::vector<Receiver>& receivers,
                                                  Handed handed);
  ~Receivers();
  // From now on they wait at their mailboxes. Once.
  void begin();
  // Over a receiver's least busy worker.
  void send(std::size_t receiver, RequestText request, AnswerHandler handler);
  // Adds what the recipients saw.
  void add_observed(Observed& observed) const;
  // Documents and statuses that were confirmed.
  std::size_t handovers() const { return handovers_; }
  // Everything is confirmed: what was is not kept in mind any more, so that memory is bounded. One
  // of them that came again would be a stranger to the next pass.
  void forget() { confirmed_.clear(); }

 private:
  struct Line;
  struct Work;
  using Works = std::vector<std::shared_ptr<Work>>;
  Receivers(ClientLoop& loop, Handed handed);
  void wait_at(Line& line);
  void take_page(Line& line, const Answer& answer);
  // Adds to `ready` what the page itself holds, and fetches what it does not.
  void take_entry(Line& line, const boost::json::object& entry, Works& ready);
  // Whether it is what was sent, and may be confirmed.
  bool take_bytes(const std::shared_ptr<Work>& work, std::string_view bytes, Steady::time_point at);
  bool take_receipt(const std::shared_ptr<Work>& work, const boost::json::object& entry);
  bool sign(const std::shared_ptr<Work>& work);
  void confirm(Works works);
  void take_confirmations(const Works& works, const Answer& answer);
  enum class Verdict : std::uint8_t { taken, refused };
  void settle(const std::shared_ptr<Work>& work, const Answer& answer, Verdict verdict);
  void go_wrong(Line& line, std::string why);
  void finish_one(Line& line);

  ClientLoop& loop_;
  Handed handed_;
  std::vector<std::unique_ptr<Line>> lines_;
  std::unordered_set<std::string> confirmed_;
  std::size_t handovers_ = 0;
  std::size_t twice_ = 0;
  std::size_t wrong_ = 0;
  std::string first_wrong_;
};

}  // namespace truc::bench
