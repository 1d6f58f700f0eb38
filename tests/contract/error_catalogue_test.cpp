// docs/protocol/errors.md is what integrators read; it must say what the code does.
// TRUC_UPDATE_DOCS=1 in the environment rewrites the page.
#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>

#include "schemas/base/error_code.hpp"

namespace {

using truc::ErrorEntry;

std::string rendered() {
  std::string page =
      "# PR-ERR: refusals and errors\n\n"
      "Generated from `schemas/base/error_codes.def` (see `tests/contract`). A number is stable "
      "for "
      "ever.\n\n"
      "| code | name | HTTP | again later? | VXP | text | what to do |\n"
      "|---|---|---|---|---|---|---|\n";
  for (const ErrorEntry& entry : truc::error_catalogue()) {
    page += fmt::format("| {}{} | `{}` | {} | {} | {} | {}<br>{} | {}<br>{} |\n",
                        truc::kErrorPrefix, static_cast<int>(entry.code), entry.name,
                        entry.http_status, entry.retry == truc::Retry::later ? "yes" : "no",
                        entry.vxp, entry.text_vi, entry.text_en, entry.remedy_vi, entry.remedy_en);
  }
  return page;
}

}  // namespace

TEST_CASE("the catalogue's page says what the catalogue says", "[contract][errors]") {
  const std::string path = std::string(TRUC_SOURCE_DIR) + "/docs/protocol/errors.md";
  if (std::getenv("TRUC_UPDATE_DOCS") != nullptr) std::ofstream(path) << rendered();
  std::stringstream page;
  page << std::ifstream(path).rdbuf();
  REQUIRE(page.str() == rendered());
}

TEST_CASE("every entry of the catalogue is complete and sane", "[contract][errors]") {
  const std::set<int> vxp_codes = {10, 15, 18, 19, 20, 21, 22, 23};
  std::set<std::string_view> names;
  for (const ErrorEntry& entry : truc::error_catalogue()) {
    CAPTURE(entry.name);
    CHECK(names.insert(entry.name).second);
    CHECK(entry.http_status >= 400);
    CHECK(entry.http_status < 600);
    CHECK(vxp_codes.contains(entry.vxp));
    CHECK_FALSE(entry.text_vi.empty());
    CHECK_FALSE(entry.text_en.empty());
    CHECK_FALSE(entry.remedy_vi.empty());
    CHECK_FALSE(entry.remedy_en.empty());
  }
}
