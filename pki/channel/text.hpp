// Rules about single characters of HTTP (RFC 9110, RFC 3986), shared by this folder's sources.
#pragma once

#include <string_view>

namespace truc::channel {

bool equal_without_case(std::string_view left, std::string_view right);

// A field name (RFC 9110 5.1: a token).
bool is_field_name(std::string_view text);
// A field value that cannot end its line or hide from a reader: no control character but the tab.
bool is_field_value(std::string_view text);
// C0 and DEL.
bool is_control(char c);
// What may stand in a Host field: a name or an address, with a port or without.
bool is_host(std::string_view text);
// Well-formed UTF-8 (RFC 3629) without control characters (C0, DEL).
bool is_plain_utf8(std::string_view text);
// Letters, digits and "-._~" (RFC 3986 2.3).
bool is_unreserved(char c);
// What may stand in a path or query as it is (RFC 3986 3.3, 3.4), '%', '/' and '?' included.
bool is_target_character(char c);

}  // namespace truc::channel
