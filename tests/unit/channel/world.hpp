// A server on loopback with an authority of its own, and handlers that show what they were given.
#pragma once

#include <atomic>
#include <condition_variable>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "pki/channel/http_client.hpp"
#include "pki/channel/http_server.hpp"
#include "tests/support/refusals.hpp"
#include "tests/support/test_pki.hpp"
#include "tests/unit/channel/loop.hpp"
#include "tests/unit/channel/raw_client.hpp"

namespace truc::channel {

// Waits until something has happened a number of times.
class Count {
 public:
  void add() {
    const std::lock_guard lock(mutex_);
    ++count_;
    changed_.notify_all();
  }
  int now() const {
    const std::lock_guard lock(mutex_);
    return count_;
  }
  bool reaches(int wanted) const {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(20), [&] { return count_ >= wanted; });
  }

 private:
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  int count_ = 0;
};

class CountingProbe final : public ServerProbe {
 public:
  void connection_opened() override { opened.add(); }
  void connection_closed() override { closed.add(); }
  void handshake_refused(const Failure& failure) override {
    {
      const std::lock_guard lock(mutex_);
      last_ = failure.code();
    }
    refused.add();
  }
  void connection_dropped() override { dropped.add(); }
  void head_refused(const Failure&) override { heads_refused.add(); }
  void answered(Method, int, std::chrono::nanoseconds) override { answers.add(); }
  ErrorCode last_refusal() const {
    const std::lock_guard lock(mutex_);
    return last_;
  }

  Count opened;
  Count closed;
  Count refused;
  Count dropped;
  Count heads_refused;
  Count answers;

 private:
  mutable std::mutex mutex_;
  ErrorCode last_ = ErrorCode::internal;
};

// What the server answers:
//   /who      the peer's identity          /echo    the body, at most 1 MiB
//   /count    how many bytes the body has  /ignore  without reading the body
//   /throw    an exception                 /wait    never, until cancelled
//   /gate     when `gate` is opened        /big     1 MB of shared body
//   /source   1,000 pieces of 1,000 bytes         /cut   a source that fails midway
//   /endless  a terabyte of them
//   /split    a header with a line break in it
struct World {
  explicit World(ServerSettings settings = ServerSettings("127.0.0.1", 0));
  ~World();

  TlsSettings server_tls();
  testing::CredentialPaths client() { return pki.system("00.53.W00", {"000.00.00.G22"}); }
  // A client that has shaken hands.
  std::unique_ptr<RawClient> raw();
  std::unique_ptr<HttpClient> http(ClientSettings settings);
  std::unique_ptr<HttpClient> http() { return http(ClientSettings("localhost", server->port())); }
  std::shared_ptr<TlsContext> client_tls(const testing::CredentialPaths& credential);
  Result<ClientResponse> get(HttpClient& with, const std::string& target);
  Result<void> stop();
  // An authority with other keys and the same names, and a system of it.
  std::string other_authority();
  testing::CredentialPaths stranger();

  asio::awaitable<Response> answer(Request& request);

  testing::TestPki pki;
  Loop loop;
  telemetry::Log log{telemetry::LogLevel::error};
  CountingProbe probe;
  std::shared_ptr<TlsContext> tls;
  Count asked;      // requests that came to the handler
  Count waiting;    // handlers that have begun to wait
  Count cancelled;  // and were cancelled
  std::atomic<bool> gate{false};
  std::unique_ptr<HttpServer> server;

 private:
  bool stopped_ = false;
};

std::string get_text(const std::string& target);  // a whole GET request as text
int status_of(const std::string& answer);         // 0 when there is none
std::string body_of(const std::string& answer);

}  // namespace truc::channel
