// schemas/xsd/edxml-read.xsd, embedded when the library is built. Private to schemas/edxml.
#pragma once

#include <string_view>

namespace truc::edxml {

extern const std::string_view kReadingSchema;

}  // namespace truc::edxml
