// OpenSSL's error queue as the detail of a Failure.
#pragma once

#include <string>
#include <string_view>

#include "schemas/base/failure.hpp"

namespace truc::pki {

// Empties this thread's queue: "while", then what OpenSSL says, oldest first.
std::string drain_openssl_errors(std::string_view while_doing);

// For an operation that should not fail on valid input: crypto_failed with the queue as detail.
Failure crypto_failure(std::string_view while_doing);

}  // namespace truc::pki
