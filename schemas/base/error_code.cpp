#include "schemas/base/error_code.hpp"

#include <algorithm>
#include <array>

#include "schemas/base/check.hpp"

namespace truc {
namespace {

constexpr std::array kCatalogue = {
#define TRUC_ERROR(number, name, http, retry, vxp, en, vi, remedy_en, remedy_vi) \
  ErrorEntry{ErrorCode::name, #name, http, Retry::retry, vxp, en, vi, remedy_en, remedy_vi},
#include "schemas/base/error_codes.def"
#undef TRUC_ERROR
};

static_assert(std::ranges::is_sorted(kCatalogue, std::ranges::less_equal{}, &ErrorEntry::code),
              "error_codes.def is kept in the order of its numbers");

}  // namespace

std::span<const ErrorEntry> error_catalogue() {
  return kCatalogue;
}

const ErrorEntry& describe(ErrorCode code) {
  const auto found = std::ranges::lower_bound(kCatalogue, code, {}, &ErrorEntry::code);
  TRUC_CHECK(found != kCatalogue.end() && found->code == code, "every code is in the catalogue");
  return *found;
}

}  // namespace truc
