// Lint against the reader that it must agree with.
#pragma once

#include <algorithm>

#include "schemas/edxml/lint.hpp"
#include "tests/support/envelopes.hpp"
#include "tests/support/refusals.hpp"

namespace truc::testing {

// All of them: more than lint keeps is a failure of the test.
inline Faults faults_of(std::string bytes) {
  Faults faults(limits::kLintFaultsMax);
  REQUIRE_OK(edxml::lint(rules(), std::move(bytes), faults));
  return faults;
}

// There are faults exactly when the package is refused, and what it is refused for is among them.
inline void require_lint_agrees(const std::string& bytes) {
  const auto faults = faults_of(bytes);
  auto read = edxml::read_envelope(bytes);
  const auto valid =
      read ? rules().check(std::move(read).value()) : Result<edxml::ValidEnvelope>(read.error());
  REQUIRE(valid.has_value() == faults.none());
  if (valid) return;
  INFO(to_log_line(valid.error()));
  const auto same = [&](const Failure& fault) {
    return to_log_line(fault) == to_log_line(valid.error());
  };
  REQUIRE(std::ranges::any_of(faults.kept(), same));
}

}  // namespace truc::testing
