// Thousands of cheap clients on one thread: mutual TLS, HTTP/1.1 on kept connections, requests
// written as they were prepared. Cheap on purpose, because client and hub share the machine.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "bench/nation/authority.hpp"
#include "schemas/base/result.hpp"

namespace truc::bench {

using Steady = std::chrono::steady_clock;

struct Endpoint {
  std::string address;  // an IPv4 address, e.g. "127.0.0.1"
  std::uint16_t port = 0;
};

// What came back. The views hold until the handler returns.
struct Answer {
  int status = 0;  // 0: there is no answer, `failure` says why
  std::string_view head;
  std::string_view body;
  std::string failure;
  Steady::time_point at;

  // The value of a header field; empty when it is not there.
  std::string_view field(std::string_view name) const;
};
using AnswerHandler = std::function<void(const Answer&)>;

// A whole request, head and body, ready for the wire.
using RequestText = std::shared_ptr<const std::string>;
RequestText make_request(std::string_view method, std::string_view target,
                         std::string_view content_type = "", std::string_view body = "");

// One thread: everything is called, and every handler runs, on the thread that calls run_until.
class ClientLoop {
 public:
  using Connection = std::size_t;

  // `anchors` is the PEM file that servers' certificates must lead to. Failure: crypto_failed.
  static Result<std::unique_ptr<ClientLoop>> make(const std::string& anchors);
  ~ClientLoop();

  // Begins to connect. Requests may be sent at once; they wait.
  Connection connect(const Endpoint& endpoint, const Identity& identity);
  // Up to `max` connections are in their handshake at a time; others wait for their turn.
  void limit_handshakes(std::size_t max);
  std::size_t ready() const;   // connections whose handshake is over
  std::size_t failed() const;  // connections that are lost, or never came about
  const std::string& first_failure() const;

  // Queued behind what the connection has to do already; one request at a time is on the wire.
  // `handler` runs once. On a connection that fails, or has failed, everything queued is answered
  // with status 0, in a later turn. One that had nothing to do for long is opened anew.
  void send(Connection connection, RequestText request, AnswerHandler handler);
  std::size_t waiting(Connection connection) const;  // sent or queued, and not answered

  // Runs `action` at `when` or as soon after it as the loop gets there.
  void at(Steady::time_point when, std::function<void()> action);

  // Until `done` says so, asked after every turn. Failure: deadline_exceeded.
  Result<void> run_until(const std::function<bool()>& done, Steady::time_point deadline);
  struct Reply {
    int status = 0;
    std::string body;
  };
  // Sends, and waits for the answer, whatever its status is. Failures: peer_unreachable,
  // deadline_exceeded.
  Result<Reply> ask(Connection connection, RequestText request);

 private:
  struct Parts;
  explicit ClientLoop(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace truc::bench
