// Places in the bytes of a package. For pki/signature only.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace truc::pki {

// Where "</prefix:name" of an end tag begins, for well-formed XML without a document type
// declaration; comments, CDATA sections and processing instructions are passed over. nullopt when
// there is none, or more than one.
std::optional<std::size_t> find_only_end_tag(std::string_view xml, std::string_view prefix,
                                             std::string_view name);

}  // namespace truc::pki
