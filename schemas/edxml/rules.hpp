// The rules that no schema can say. Private to schemas/edxml.
#pragma once

#include "schemas/edxml/envelope.hpp"

namespace truc::edxml {

// What Rules::check does after the schema. Failures: secret_marked, too_many_recipients,
// recipient_repeated, attachment_name, attachment_encoding, attachment_empty, element_missing.
Result<void> check_rules(const UntrustedEnvelope& envelope);

}  // namespace truc::edxml
