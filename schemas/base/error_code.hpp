// The catalogue of refusals and errors: generated from error_codes.def, the only place to add one.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace truc {

// Numbers are stable for ever: a retired code is never used again.
enum class ErrorCode : std::uint16_t {
#define TRUC_ERROR(number, name, ...) name = number,
#include "schemas/base/error_codes.def"
#undef TRUC_ERROR
};

// Whether the same request may succeed later without being changed.
enum class Retry : std::uint8_t { never, later };

struct ErrorEntry {
  ErrorCode code;
  std::string_view name;  // snake_case, as in the enumeration
  int http_status;
  Retry retry;
  int vxp;  // the official guide's ErrorCode (10, 15, 18 to 23)
  std::string_view text_en;
  std::string_view text_vi;
  std::string_view remedy_en;
  std::string_view remedy_vi;
};

// All entries, in the order of their numbers.
std::span<const ErrorEntry> error_catalogue();

const ErrorEntry& describe(ErrorCode code);

// As shown to people: "TRUC-3104".
constexpr std::string_view kErrorPrefix = "TRUC-";

}  // namespace truc
