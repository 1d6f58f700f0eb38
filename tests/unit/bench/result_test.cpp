#include "bench/report/result.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <catch2/catch.hpp>

using namespace truc::bench;
using namespace std::chrono_literals;

TEST_CASE("the floor is the sum of its steps", "[bench][result]") {
  const Floor floor{{StepCost{"parse", 20, 19, 21}, StepCost{"verify", 22.5, 22, 23}}};
  CHECK(floor.us() == 42.5);
  const auto json = to_json(floor);
  CHECK(json.at("us").as_double() == 42.5);
  CHECK(json.at("steps").as_array().size() == 2);
}

TEST_CASE("a step's cost is the median of its rounds, with the least and the most",
          "[bench][result]") {
  const auto cost = summarize("parse", {30, 10, 20});
  CHECK(cost.us == 20);
  CHECK(cost.us_min == 10);
  CHECK(cost.us_max == 30);
}

TEST_CASE("the median of an even number lies between the two in the middle", "[bench][result]") {
  CHECK(median({4, 1, 3, 2}) == 2.5);
  CHECK(median({9}) == 9);
  CHECK(boost::json::serialize(spread({3, 1, 2})) == R"({"median":2E0,"min":1E0,"max":3E0})");
}

TEST_CASE("latencies are told in milliseconds with their distribution", "[bench][result]") {
  Histogram histogram;
  for (int i = 0; i < 1'000; ++i) histogram.record(2ms);
  const auto json = to_json(histogram);
  CHECK(json.at("count").to_number<int>() == 1'000);
  for (const char* name : {"mean", "p50", "p90", "p99", "p99_9", "max"})
    CHECK(json.at(name).to_number<double>() == Approx(2).epsilon(0.01));
  CHECK(json.at("distribution").as_array().back().as_array()[1].to_number<double>() == 1);
  CHECK(boost::json::serialize(to_json(Histogram())) == R"({"count":0})");
}

TEST_CASE("a result says how to run it again", "[bench][result]") {
  const auto result = make_result("accept", {"truc-bench", "accept", "--units", "8"});
  CHECK(result.at("command").as_string() == "accept");
  CHECK(result.at("command_line").as_string() == "truc-bench accept --units 8");
  for (const char* name : {"processor", "processors", "memory_bytes", "kernel", "load_before"})
    CHECK(result.at("machine").as_object().contains(name));
}
