#include "tests/fuzz/properties.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <algorithm>

#include "schemas/base/check.hpp"
#include "schemas/base/problem.hpp"
#include "schemas/edxml/lint.hpp"
#include "tests/support/envelopes.hpp"

namespace truc::fuzz {

void require_sound(const Failure& failure) {
  const auto& entry = describe(failure.code());
  TRUC_CHECK(entry.code == failure.code() && !entry.name.empty(), "the catalogue has every code");
  TRUC_CHECK(failure.code() != ErrorCode::internal, "bad input is no fault of ours");
  boost::system::error_code error;
  const auto problem = boost::json::parse(to_problem_json(failure), error);
  TRUC_CHECK(!error && problem.is_object(), "a problem is JSON in UTF-8");
  for (const auto* member : {"title", "code", "text", "remedy"}) {
    TRUC_CHECK(problem.get_object().contains(member), "a problem says what to do");
  }
  TRUC_CHECK(!to_text(failure, Language::vietnamese).empty(), "a refusal is never silent");
  TRUC_CHECK(!to_log_line(failure).empty(), "a refusal is never silent");
}

Result<edxml::ValidEnvelope> judged(std::string_view package) {
  Faults faults(limits::kLintFaultsMax);
  const auto linted = edxml::lint(testing::rules(), std::string(package), faults);
  TRUC_CHECK(linted || faults.has_more(), "lint fails for nothing but too many faults");
  for (const auto& fault : faults.kept()) require_sound(fault);
  auto envelope = edxml::read_envelope(std::string(package));
  auto verdict = envelope ? testing::rules().check(std::move(envelope).value())
                          : Result<edxml::ValidEnvelope>(std::move(envelope).error());
  TRUC_CHECK(faults.none() == verdict.has_value(), "lint finds faults where there are some");
  if (verdict || faults.has_more()) return verdict;
  const auto refusal = to_log_line(verdict.error());
  const auto is_told = [&](const Failure& fault) { return to_log_line(fault) == refusal; };
  TRUC_CHECK(std::ranges::any_of(faults.kept(), is_told), "lint tells what the reader refuses");
  return verdict;
}

}  // namespace truc::fuzz
