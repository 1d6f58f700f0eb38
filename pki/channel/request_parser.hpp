// One request out of bytes as they come: its head, what is checked of it, its body. No socket and
// no waiting, so that everything a peer can write may be tried from memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "pki/channel/http.hpp"

namespace truc::channel {

class RequestParser {
 public:
  RequestParser();
  ~RequestParser();
  RequestParser(const RequestParser&) = delete;
  RequestParser& operator=(const RequestParser&) = delete;

  // Takes the head off the front of `input` when it is whole, and says how many bytes that were; 0
  // while more is wanted behind what was shown. A whole head says beyond doubt where its request
  // ends. Failures: malformed_request,
  // header_too_large; then nothing of this connection can be read any more.
  Result<std::size_t> take_head(std::string_view input);
  bool has_head() const;

  // What follows is asked of a whole head.
  //
  // Method, target and fields. Failures: method_not_allowed, those of Target::parse.
  Result<Request> request() const;
  bool keeps_alive() const;
  bool expects_continue() const;
  // The stated length of the body; nullopt when it is chunked.
  std::optional<std::uint64_t> length() const;

  struct Taken {
    std::size_t used = 0;     // bytes of the input
    std::size_t written = 0;  // bytes of the body
  };
  // Takes body off the front of `input` into `space`, which is not empty. Nothing written and not
  // done: more input is wanted. Failure: malformed_request.
  Result<Taken> take_body(std::string_view input, std::span<char> space);
  // The body that is still to come; nullopt when nobody knows.
  std::optional<std::uint64_t> remaining() const;
  bool is_done() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace truc::channel
