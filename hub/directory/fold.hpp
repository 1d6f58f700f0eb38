// Text reduced to what people type when they search: lower case, without Vietnamese diacritics.
#pragma once

#include <string>
#include <string_view>

namespace truc::hub {

// "Ủy ban nhân dân XÃ Đồng Đăng" becomes "uy ban nhan dan xa dong dang". Works on precomposed and
// on combining forms; other letters stay as they are, and bytes that are not UTF-8 are left out.
std::string fold(std::string_view text);

}  // namespace truc::hub
