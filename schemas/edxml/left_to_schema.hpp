// What the tables of slots (fields.hpp) leave for the reading schema to say. Private to
// schemas/edxml.
#pragma once

#include "schemas/xml/reader.hpp"

namespace truc::edxml {

// Of a package that was read: false when it is valid by edxml-read.xsd for certain, as nothing in
// it is of what the tables do not look at (attributes, hops, BussinessDocumentInfo), or that is of
// the plainest form. Else only the schema can tell. Nearly every package is plain, and the schema
// costs as much as reading does; that the two agree is a property of the fuzzers
// (tests/fuzz/properties).
bool has_something_left_to_schema(xml::Element root);

}  // namespace truc::edxml
