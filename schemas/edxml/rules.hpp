// The rules that no schema can say. Private to schemas/edxml.
#pragma once

#include "schemas/base/faults.hpp"
#include "schemas/edxml/envelope.hpp"

namespace truc::edxml {

// What Rules::check does with a document after the schema. Faults: secret_marked,
// too_many_recipients, recipient_repeated, attachment_name, attachment_encoding, attachment_empty,
// element_missing. What cannot be read because of another fault is passed over.
Result<void> check_rules(xml::Element root, Faults& faults);

}  // namespace truc::edxml
