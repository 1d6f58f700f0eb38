// Marks of state secrets: Mật, Tối mật, Tuyệt mật. Private to schemas/edxml.
#pragma once

#include <string_view>

namespace truc::edxml {

// Does the text carry a mark as a mark, and not only the word? True when the whole text is a mark,
// when it begins with one and a colon or a dash ("TỐI MẬT - …", "Độ mật: Mật"), or when one stands
// alone in brackets anywhere ("(Mật)", "[TUYỆT MẬT]"). Case, composed or decomposed letters and the
// amount of white space do not matter. "bí mật", "mật độ", "mật mã" are words.
bool carries_secrecy_mark(std::string_view text);

// The older generation's OtherInfo/Secret: anything but nothing, 0, none or an ordinary document.
bool is_secret_value(std::string_view value);

// A document's notation: also a closing "(M)".
bool is_secret_notation(std::string_view notation);

}  // namespace truc::edxml
