#include "edge-adapter/uplink/problem.hpp"

#include <algorithm>
#include <string>

#include "edge-adapter/spool/json_text.hpp"
#include "schemas/base/error_code.hpp"

namespace truc::edge {
namespace {

constexpr std::size_t kShownBytesMax = 500;  // of what an unknown refusal says

Failure unknown_problem(int status, std::string_view body) {
  std::string found = "HTTP " + std::to_string(status) + " ";
  found += body.substr(0, kShownBytesMax);
  // A refusal without a body (of HEAD) says nothing about a document.
  const bool final = status < 500 && !body.empty();
  const auto code = !final ? ErrorCode::peer_protocol : ErrorCode::malformed_request;
  return Failure(code).at("the hub's answer").found(std::move(found));
}

std::string member(const JsonRecord& record, std::string_view name) {
  auto text = record.optional_text(name);
  return text && text.value() ? std::move(*text.value()) : std::string();
}

}  // namespace

Failure read_problem(int status, std::string_view body) {
  const auto problem = JsonRecord::parse(body);
  if (!problem) return unknown_problem(status, body);
  const std::string name = member(problem.value(), "name");
  const auto catalogue = error_catalogue();
  const auto entry = std::ranges::find(catalogue, name, &ErrorEntry::name);
  if (entry == catalogue.end()) return unknown_problem(status, body);
  return Failure(entry->code)
      .at(member(problem.value(), "place"))
      .expected(member(problem.value(), "expected"))
      .found(member(problem.value(), "found"));
}

}  // namespace truc::edge
