#include "schemas/base/fault_list.hpp"

#include "schemas/base/limits.hpp"
#include "schemas/base/problem.hpp"

namespace truc {

Result<FaultList> list_faults(const std::function<Result<void>(Faults&)>& check) {
  Faults faults(limits::kLintFaultsMax);
  const auto ended = check(faults);
  if (!ended && !faults.has_more()) return ended.error();
  return FaultList{
      .faults = faults.kept(),
      .extent = faults.has_more() ? FaultList::Extent::first : FaultList::Extent::complete};
}

std::string to_json(const FaultList& list) {
  std::string faults;
  for (const auto& fault : list.faults) {
    if (!faults.empty()) faults += ',';
    faults += to_problem_json(fault);
  }
  const bool complete = list.extent == FaultList::Extent::complete;
  return "{\"faults\":[" + faults + "],\"complete\":" + (complete ? "true" : "false") + "}";
}

}  // namespace truc
