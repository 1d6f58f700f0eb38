// Which build this is.
#pragma once

#include <string>
#include <string_view>

namespace truc {

// "0.1.0"
std::string_view version();
// "truc-hub 0.1.0 (9f86d081884c)": what --version prints, with the commit.
std::string version_line(std::string_view program);

}  // namespace truc
