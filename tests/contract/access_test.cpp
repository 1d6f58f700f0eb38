// docs/protocol/access.md says who may ask what; it must name every request that the hub answers.
#include <catch2/catch.hpp>
#include <fstream>
#include <set>
#include <sstream>

#include "hub/api/agency_api.hpp"
#include "hub/api/operator_api.hpp"

namespace {

using Requests = std::set<std::string>;

std::string page() {
  std::stringstream text;
  text << std::ifstream(TRUC_SOURCE_DIR "/docs/protocol/access.md").rdbuf();
  return text.str();
}

// "GET /v1/mailbox" of a row "| `GET /v1/mailbox?agency={recipient}` | …".
Requests rows_below(const std::string& heading) {
  Requests requests;
  std::istringstream lines(page().substr(page().find(heading + '\n') + heading.size() + 1));
  for (std::string line; std::getline(lines, line) && !line.starts_with("## ");) {
    if (!line.starts_with("| `")) continue;
    requests.insert(line.substr(3, line.find_first_of("?`", 3) - 3));
  }
  return requests;
}

// The page gives some of a path's places the names of its example.
Requests as_on_page(const std::vector<std::string>& routes) {
  Requests requests(routes.begin(), routes.end());
  for (const char* method : {"GET", "DELETE"})
    requests.insert(std::string(method) + " /v1/deliveries/{receipt}");
  return requests;
}

}  // namespace

TEST_CASE("the page of access has a row for every request of the agency listener",
          "[contract][access]") {
  REQUIRE(rows_below("## Agency listener") == as_on_page(truc::hub::AgencyApi::routes()));
}

TEST_CASE("the page of access has a row for every request of the operator listener",
          "[contract][access]") {
  const auto routes = truc::hub::OperatorApi::routes();
  REQUIRE(rows_below("## Operator listener") == Requests(routes.begin(), routes.end()));
}
