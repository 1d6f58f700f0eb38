// libxml2's process-wide state for a test program: lives from before main until after it.
#pragma once

#include "schemas/xml/reader.hpp"

namespace truc::testing {

inline const xml::Library xml_library;

}  // namespace truc::testing
