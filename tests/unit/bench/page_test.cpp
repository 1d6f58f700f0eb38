#include "bench/report/page.hpp"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <catch2/catch.hpp>
#include <vector>

#include "bench/report/result.hpp"

using namespace truc::bench;
using Catch::Contains;

namespace {

std::string page_of(boost::json::object result) {
  const std::vector<boost::json::object> results{std::move(result)};
  return make_page(results);
}

boost::json::object result() {
  auto made = make_result("accept", {"truc-bench", "accept"});
  made["ratio"] = 1.9;
  made["void"] = false;
  return made;
}

}  // namespace

TEST_CASE("a page shows figures, machine and command, and needs nothing else", "[bench][page]") {
  const auto page = page_of(result());
  CHECK_THAT(page, Contains("<h2>accept</h2>") && Contains("ratio") && Contains("1.9"));
  CHECK_THAT(page, Contains("truc-bench accept") && Contains("load before the run"));
  for (const char* foreign : {"http://", "https://", "src=", "@import", "url("})
    CHECK_THAT(page, !Contains(foreign));
}

TEST_CASE("latencies, floor and stages are plotted", "[bench][page]") {
  auto plotted = result();
  Histogram histogram;
  for (int i = 1; i <= 100; ++i) histogram.record(std::chrono::milliseconds(i));
  plotted["latency_ms"] = to_json(histogram);
  plotted["floor"] = to_json(Floor{{StepCost{"parse", 20, 19, 21}}});
  plotted["stages"] = boost::json::parse(R"({"store":{"us":7.5,"share":0.1}})");
  const auto page = page_of(std::move(plotted));
  CHECK_THAT(page, Contains("latency_ms") && Contains("<polyline"));
  CHECK_THAT(page, Contains("20.0 µs") && Contains("7.5 µs"));
}

TEST_CASE("a void run is shown as void", "[bench][page]") {
  auto spoiled = result();
  spoiled["void"] = true;
  spoiled["void_reasons"] = boost::json::array{"1 documents got no answer"};
  CHECK_THAT(page_of(std::move(spoiled)), Contains("void:") && Contains("got no answer"));
  CHECK_THAT(page_of(result()), !Contains("class=\"void\""));
}

TEST_CASE("text of a result cannot become markup", "[bench][page]") {
  auto hostile = result();
  hostile["command"] = "<script>alert(1)</script>";
  CHECK_THAT(page_of(std::move(hostile)), !Contains("<script>"));
}

TEST_CASE("what is no result makes no page", "[bench][page]") {
  CHECK(read_result("/nonexistent.json").error().code() == truc::ErrorCode::file_failed);
  CHECK(read_result("/proc/self/status").error().code() == truc::ErrorCode::malformed_record);
}
