#include "tests/fuzz/properties.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include "schemas/base/check.hpp"
#include "schemas/base/problem.hpp"

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

}  // namespace truc::fuzz
