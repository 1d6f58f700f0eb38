#include "edge-adapter/uplink/problem.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <optional>
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

// nullopt: a code that is not of our catalogue.
std::optional<Failure> read_known(const JsonRecord& problem) {
  const std::string name = member(problem, "name");
  const auto catalogue = error_catalogue();
  const auto entry = std::ranges::find(catalogue, name, &ErrorEntry::name);
  if (entry == catalogue.end()) return std::nullopt;
  return Failure(entry->code)
      .at(member(problem, "place"))
      .expected(member(problem, "expected"))
      .found(member(problem, "found"));
}

// One of several problems in an answer of 200, whose status says nothing.
Failure read_inner_problem(const boost::json::object& problem) {
  constexpr int kUnprocessable = 422;
  auto known = read_known(JsonRecord(problem));
  return known ? std::move(*known)
               : unknown_problem(kUnprocessable, boost::json::serialize(problem));
}

Failure senseless_list() {
  return Failure(ErrorCode::peer_protocol).at("the hub's answer").expected("faults and complete");
}

Failure senseless_outcomes(std::size_t count) {
  return Failure(ErrorCode::peer_protocol)
      .at("the hub's answer")
      .expected(std::to_string(count) + " outcomes");
}

}  // namespace

Failure read_problem(int status, std::string_view body) {
  const auto problem = JsonRecord::parse(body);
  auto known = problem ? read_known(problem.value()) : std::nullopt;
  return known ? std::move(*known) : unknown_problem(status, body);
}

Result<FaultList> read_fault_list(std::string_view body) {
  const auto answer = JsonRecord::parse(body);
  if (!answer) return senseless_list();
  const auto* faults = answer.value().members().if_contains("faults");
  const auto* complete = answer.value().members().if_contains("complete");
  if (!faults || !faults->is_array() || !complete || !complete->is_bool()) return senseless_list();
  FaultList list;
  if (!complete->get_bool()) list.extent = FaultList::Extent::first;
  for (const auto& fault : faults->get_array()) {
    if (!fault.is_object()) return senseless_list();
    list.faults.push_back(read_inner_problem(fault.get_object()));
  }
  return list;
}

Result<std::vector<Result<void>>> read_outcomes(std::string_view body, std::size_t count) {
  const auto answer = JsonRecord::parse(body);
  const auto* told = answer ? answer.value().members().if_contains("outcomes") : nullptr;
  if (told == nullptr || !told->is_array() || told->get_array().size() != count)
    return senseless_outcomes(count);
  std::vector<Result<void>> outcomes;
  for (const auto& outcome : told->get_array()) {
    if (!outcome.is_object()) return senseless_outcomes(count);
    const auto& problem = outcome.get_object();
    outcomes.push_back(problem.empty() ? Result<void>(success()) : read_inner_problem(problem));
  }
  return outcomes;
}

}  // namespace truc::edge
