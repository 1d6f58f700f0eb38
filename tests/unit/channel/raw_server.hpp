// A TLS server that reads requests and answers exactly what a test tells it to.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/test_pki.hpp"

namespace truc::channel {

// What one accepted connection does: for every text, reads one head and sends the text; then ends.
using Script = std::vector<std::string>;

class RawServer {
 public:
  // One connection per script, in order; then no more are accepted.
  RawServer(const testing::CredentialPaths& credential, std::vector<Script> scripts);
  ~RawServer();
  RawServer(const RawServer&) = delete;
  RawServer& operator=(const RawServer&) = delete;

  std::uint16_t port() const { return port_; }
  // Ends when all scripts have been played; how many heads were read in all.
  int wait();

 private:
  void play(const Script& script);
  struct State;
  std::unique_ptr<State> state_;
  std::uint16_t port_ = 0;
  int heads_ = 0;
  std::thread thread_;
};

}  // namespace truc::channel
