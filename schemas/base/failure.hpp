// Failure: one refusal or error, as told to the person who caused it.
#pragma once

#include <string>

#include "schemas/base/error_code.hpp"

namespace truc {

// A value. `code` is stable and public. `place` (an XPath, a header's name, a file and line),
// `expected` and `found` are public too, so they never hold document content beyond the offending
// token, nor anything secret. `detail` is for our own log only and is never sent to a peer.
class Failure {
 public:
  Failure(ErrorCode code) : code_(code) {}  // NOLINT(google-explicit-constructor): TRY needs it

  Failure at(std::string place) && {
    place_ = std::move(place);
    return std::move(*this);
  }
  Failure expected(std::string text) && {
    expected_ = std::move(text);
    return std::move(*this);
  }
  Failure found(std::string text) && {
    found_ = std::move(text);
    return std::move(*this);
  }
  Failure because(std::string detail) && {
    detail_ = std::move(detail);
    return std::move(*this);
  }

  ErrorCode code() const { return code_; }
  const std::string& place() const { return place_; }
  const std::string& expected() const { return expected_; }
  const std::string& found() const { return found_; }
  const std::string& detail() const { return detail_; }

 private:
  ErrorCode code_;
  std::string place_;
  std::string expected_;
  std::string found_;
  std::string detail_;
};

}  // namespace truc
