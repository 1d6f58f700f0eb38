// How a Failure is shown: the body of an HTTP refusal (RFC 9457), and lines for a terminal.
#pragma once

#include <string>

#include "schemas/base/failure.hpp"

namespace truc {

// "application/problem+json": type, title, status, code ("TRUC-3102"), name, retry; text, remedy
// as {"vi","en"}; place, expected, found where known. Never shows Failure::detail.
std::string to_problem_json(const Failure& failure);

enum class Language : std::uint8_t { vietnamese, english };

// Several lines: code and text, place, expected, found, remedy. Ends without a newline.
std::string to_text(const Failure& failure, Language language);

// One line for a log or an exit: "TRUC-3102 element_missing at …: expected …, found … (detail)".
std::string to_log_line(const Failure& failure);

}  // namespace truc
