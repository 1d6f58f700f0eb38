// Every fault of a package at once, for who mends it. Reader, schema and rules are those by which a
// package is accepted: there is no second description of the standard.
#pragma once

#include <optional>

#include "schemas/base/faults.hpp"
#include "schemas/edxml/envelope.hpp"

namespace truc::edxml {

// How far a package could be read; at most one of the two is set.
struct Linted {
  std::optional<UntrustedEnvelope> readable;  // the schema or a rule is broken
  std::optional<ValidEnvelope> valid;         // no fault was found
};

// Finds faults exactly when read_envelope or Rules::check refuses `bytes`, and what those refuse it
// for is among them. Bytes that are no XML have one fault. A fault may follow from another.
// Failures: a fault, when there are more than `faults` takes; internal.
Result<Linted> lint(const Rules& rules, std::string bytes, Faults& faults);

}  // namespace truc::edxml
